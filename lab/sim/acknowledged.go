package sim

import (
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica/wire"
)

// acknowledgements is what is known of the clients' requests: a client may return a result only if
// f+1 replicas, the leader among them, have answered it for one slot in one view. A client that
// counts wrongly is seldom found out by what happens to its request afterwards.
type acknowledgements struct {
	sent      map[uint64]requestID // of an operation: the request that carried it last
	committed map[requestID]bool
}

// asks notes a request that a client sends.
func (c *checker) asks(node int, frame []byte) {
	_, body, err := c.w.keys.Open(frame)
	if err != nil {
		c.w.fail(node, "sends a frame that does not open: %v", err)
		return
	}
	m, err := wire.ParseRequest(body)
	if err != nil {
		c.w.fail(node, "sends a REQUEST that does not parse: %v", err)
		return
	}
	if m.Register {
		return
	}
	o, err := registers.Decode(m.Op)
	if err != nil {
		c.w.fail(node, "sends an operation that does not parse: %v", err)
		return
	}
	c.clients.sent[o.UID] = requestID{m.Client, m.ID}
}

// returned checks that a result that a client returns was committed.
func (c *checker) returned(node int, uid uint64) {
	if id := c.clients.sent[uid]; !c.clients.committed[id] {
		c.w.fail(node, "returns op%d, sent as %v#%d, which no f+1 replicas with their leader have answered", uid, id.client, id.id)
	}
}
