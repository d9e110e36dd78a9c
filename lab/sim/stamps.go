package sim

import (
	"github.com/cespare/xxhash/v2"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// stamp identifies a message: a session and a number within it.
type stamp struct {
	session uint32
	number  uint64
}

// message is a stamped message.
type message struct {
	request requestID // zero unless it is a REQUEST that opens
	sum     uint64    // of the frame without its tag; 0 if it does not open
}

// stamped checks that a session's numbers are 1, 2, 3, … and records their messages.
func (c *checker) stamped(session uint32, number uint64, datagram []byte) {
	if number != c.numbers[session]+1 {
		c.w.fail(-1, "session %d stamps number %d after %d", session, number, c.numbers[session])
	}
	c.numbers[session] = number
	var m message
	if kind, body, err := c.w.keys.Open(datagram[oumlib.HeaderLen:]); err == nil {
		m.sum = xxhash.Sum64(body)
		if r, err := wire.ParseRequest(body); kind == wire.KindRequest && err == nil {
			m.request = requestID{r.Client, r.ID}
		}
	}
	c.messages[stamp{session, number}] = m
}

// authentic checks that entries match the messages that were stamped with their session and number.
func (c *checker) authentic(n *node, kind wire.Kind, entries []wire.Entry) {
	for _, e := range entries {
		if e.Kind == wire.EntryNoOp {
			continue
		}
		if m := c.messages[stamp{e.Session, e.Number}]; m.sum != xxhash.Sum64(e.Payload) {
			c.w.fail(n.id, "%v has entry %s, which is not what was stamped so", kind, c.w.text.Entry(e))
		}
	}
}

// inItsSlot checks that a replica answers a request in the slot of its number (invariant 8).
func (c *checker) inItsSlot(n *node, m *wire.Reply) {
	base, ok := c.bases[m.View]
	if !ok || m.Slot <= base {
		return
	}
	number := m.Slot - base
	if got := c.messages[stamp{m.View.Session, number}].request; got != (requestID{m.Client, m.ID}) {
		c.w.fail(n.id, "answers %v#%d at slot %d of view %v; number %d of the session is %v#%d (invariant 8)",
			m.Client, m.ID, m.Slot, m.View, number, got.client, got.id)
	}
}

// The order of views is repeated here so that the checkers do not share a mistake in the product's.

// lessEq reports whether no component of v is above that of w.
func lessEq(v, w wire.View) bool { return v.Leader <= w.Leader && v.Session <= w.Session }

func less(v, w wire.View) bool { return v != w && lessEq(v, w) }
