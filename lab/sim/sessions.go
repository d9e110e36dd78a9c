package sim

// The controller promises that a session number is durable before a target has it, that it is installed at most once,
// on one target, and that senders are sent to that target.

// durable checks that a session number is in the store before it is installed.
func (c *checker) durable(session, durable uint32) {
	if session > durable {
		c.w.fail(-1, "session %d is installed before it is durable, the store has %d", session, durable)
	}
}

// installed checks that a session number is installed at most once.
func (c *checker) installed(session uint32, target int) {
	if home, ok := c.homes[session]; ok {
		c.w.fail(-1, "session %d is installed a second time, at sequencer %d; it was at sequencer %d", session, target, home)
	}
	c.homes[session] = target
	c.sessions++
}

// published checks that senders are sent to the target of the session.
func (c *checker) published(session uint32, target int) {
	if home, ok := c.homes[session]; !ok || home != target {
		c.w.fail(-1, "session %d is published at sequencer %d, where it was not installed", session, target)
	}
}
