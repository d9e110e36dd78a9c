package unreplicated

import (
	"cmp"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config is what a server is told at its start.
type Config struct {
	Keys       wire.Keys
	MTU        int // largest UDP payload in bytes that the path carries; default 1400
	MaxClients int // clients in the client table; default 65536
}

// Core is the server as a state machine. Executions are counted like the slots of a log.
type Core struct {
	cfg   Config
	sm    replica.StateMachine
	undo  replica.Undoer // sm, if it keeps what it would need to take operations back; else nil
	table clients.Table
	slot  uint64
	out   node.Outbox
	stats Stats
}

var _ node.Core = (*Core)(nil)

// Stats count what happened since the server started.
type Stats struct {
	Executed uint64
	Bad      uint64 // requests that fail authentication or do not parse
}

// New makes a server of an empty state machine.
func New(cfg Config, sm replica.StateMachine) (*Core, error) {
	cfg.MTU = cmp.Or(cfg.MTU, 1400)
	cfg.MaxClients = cmp.Or(cfg.MaxClients, 1<<16)
	if cfg.MTU < replica.MinMTU {
		return nil, fmt.Errorf("unreplicated: MTU is %d bytes, expected at least %d", cfg.MTU, replica.MinMTU)
	}
	c := &Core{cfg: cfg, sm: sm, table: clients.New(cfg.MaxClients), out: node.NewOutbox(cfg.Keys, cfg.MTU)}
	c.undo, _ = sm.(replica.Undoer)
	return c, nil
}

// Request executes a request, unless that was done, and answers it.
func (c *Core) Request(now time.Duration, frame []byte) {
	req, _, ok := node.OpenRequest(&c.cfg.Keys, frame)
	if !ok {
		c.stats.Bad++
		return
	}
	c.slot++
	c.table.SetTime(c.slot, uint64(now))
	if c.table.Execute(c.slot, &req, c.sm) {
		c.stats.Executed++
	}
	status, result, ok := c.table.Answer(c.slot, &req)
	if !ok {
		return
	}
	m := wire.Reply{Slot: c.slot, Client: req.Client, ID: req.ID, Status: status}
	c.out.Reply(&m, nil, req.ReplyTo, result)
}

// Batch says that nothing that was executed will be taken back.
func (c *Core) Batch(time.Duration) {
	c.table.Release(c.slot)
	if c.undo != nil {
		c.undo.Release(c.slot)
	}
}

// Start has nothing to do.
func (c *Core) Start(time.Duration) {}

// Message drops what nobody sends.
func (c *Core) Message(time.Duration, []byte) {}

// SnapshotWritten never happens: there is nobody to give a snapshot to.
func (c *Core) SnapshotWritten(time.Duration, uint64, []byte, error) {}

// Tick has nothing to do.
func (c *Core) Tick(time.Duration) {}

// Deadline never comes.
func (c *Core) Deadline() time.Duration { return monotime.Never }

// Effects returns what is to be sent.
func (c *Core) Effects() []node.Effect { return c.out.Effects() }

// ClearEffects says that it was sent.
func (c *Core) ClearEffects() { c.out.Clear() }

// Err is always nil.
func (c *Core) Err() error { return nil }

// Stats returns the counters.
func (c *Core) Stats() Stats { return c.stats }
