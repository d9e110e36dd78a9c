package sim

import (
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica/wire"
)

// acknowledgements are the replicas' answers to clients. A client may return a result only if f+1 replicas, the
// leader among them, have answered it for one slot of one view. The fate of the request alone rarely reveals a client
// that counts wrongly.
type acknowledgements struct {
	sent      map[uint64]requestID // by operation: the latest request that carried it
	committed map[requestID]bool
}

// asks records a request of a client.
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

// returned checks that a result returned by a client was committed.
func (c *checker) returned(node int, uid uint64) {
	if id := c.clients.sent[uid]; !c.clients.committed[id] {
		c.w.fail(node, "returns op%d, sent as %v#%d, which no f+1 replicas with their leader have answered", uid, id.client, id.id)
	}
}
