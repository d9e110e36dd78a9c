package unreplicated

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// Core is the server as a state machine. It numbers executions like the slots of a log.
type Core struct {
	keys  wire.Keys
	sm    replica.StateMachine
	undo  replica.Undoer // sm, if it can undo operations; else nil
	table clients.Table
	slot  uint64
	out   node.Outbox
}

var _ node.Core = (*Core)(nil)

// New returns a server of an empty state machine. mtu is the length of the longest datagram in bytes.
func New(keys wire.Keys, mtu int, sm replica.StateMachine) (*Core, error) {
	if mtu < wire.MinMTU {
		return nil, fmt.Errorf("unreplicated: MTU is %d bytes, expected at least %d", mtu, wire.MinMTU)
	}
	c := &Core{keys: keys, sm: sm, table: clients.New(wire.MaxClients), out: node.NewOutbox(keys, mtu)}
	c.undo, _ = sm.(replica.Undoer)
	return c, nil
}

// Request executes a request unless it was executed before, and answers it.
func (c *Core) Request(now time.Duration, frame []byte) {
	req, _, ok := node.OpenRequest(&c.keys, frame)
	if !ok {
		return
	}
	c.slot++
	c.table.SetTime(c.slot, uint64(now))
	c.table.Execute(c.slot, &req, c.sm)
	status, result, ok := c.table.Answer(c.slot, &req)
	if !ok {
		return
	}
	m := wire.Reply{Slot: c.slot, Client: req.Client, ID: req.ID, Status: status}
	c.out.Reply(&m, nil, req.ReplyTo, result)
}

// Batch releases undo records: executions are final.
func (c *Core) Batch(time.Duration) {
	c.table.Release(c.slot)
	if c.undo != nil {
		c.undo.Release(c.slot)
	}
}

// Start does nothing.
func (c *Core) Start(time.Duration) {}

// Message ignores the frame: there are no other replicas.
func (c *Core) Message(time.Duration, []byte) {}

// SnapshotWritten is never called: the core takes no snapshots.
func (c *Core) SnapshotWritten(time.Duration, uint64, []byte, error) {}

// Tick does nothing.
func (c *Core) Tick(time.Duration) {}

// Deadline returns a deadline that never fires.
func (c *Core) Deadline() time.Duration { return monotime.Never }

// Effects returns the replies to be sent.
func (c *Core) Effects() []node.Effect { return c.out.Effects() }

// ClearEffects removes the effects, which have been carried out.
func (c *Core) ClearEffects() { c.out.Clear() }

// Err is always nil.
func (c *Core) Err() error { return nil }
