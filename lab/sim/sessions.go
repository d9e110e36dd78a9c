package sim

// The controller's promises: a session number is durable before a target has it, and installed once
// in its life, on one target; and senders are sent there.

// durable checks a session number that is about to be installed against the store.
func (c *checker) durable(session, durable uint32) {
	if session > durable {
		c.w.fail(-1, "session %d is installed before it is durable, the store has %d", session, durable)
	}
}

// installed checks that a session number is installed once in its life.
func (c *checker) installed(session uint32, target int) {
	if home, ok := c.homes[session]; ok {
		c.w.fail(-1, "session %d is installed a second time, at sequencer %d; it was at sequencer %d", session, target, home)
	}
	c.homes[session] = target
	c.sessions++
}

// published checks that senders are sent to where the session was installed.
func (c *checker) published(session uint32, target int) {
	if home, ok := c.homes[session]; !ok || home != target {
		c.w.fail(-1, "session %d is published at sequencer %d, where it was not installed", session, target)
	}
}
