// Package vrtest has a group of replicas of package vr for tests of their protocols. Messages are delivered in order
// and at once, time passes on demand, and a request goes to the replicas that the test names.
package vrtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/replica/wire"
)

// Echo is a state machine whose results are the operations. It records the executed slots that were not undone.
type Echo struct{ Slots []uint64 }

// Execute returns the operation.
func (e *Echo) Execute(slot, _ uint64, op, result []byte) []byte {
	e.Slots = append(e.Slots, slot)
	return append(result, op...)
}

// Snapshot is empty.
func (e *Echo) Snapshot() (io.WriterTo, error) { return new(bytes.Buffer), nil }

// Restore empties Slots.
func (e *Echo) Restore(io.Reader) error { e.Slots = nil; return nil }

// Undo undoes executions behind slot.
func (e *Echo) Undo(slot uint64) {
	for n := len(e.Slots); n > 0 && e.Slots[n-1] > slot; n-- {
		e.Slots = e.Slots[:n-1]
	}
}

// Release does nothing.
func (e *Echo) Release(uint64) {}

// Group is a group of replicas and a registered client.
type Group struct {
	Replicas []*vr.Replica
	Machines []*Echo
	Answers  map[uint64][][]byte // frames to the client, by request
	Down     map[int]bool        // disconnected replicas

	t       testing.TB
	keys    wire.Keys
	now     time.Duration
	current uint64 // number of the current request
}

// NewGroup starts n replicas and registers the client.
func NewGroup(t testing.TB, n int, start func(cfg vr.Config, sm *Echo) (*vr.Replica, error)) *Group {
	t.Helper()
	keys, err := wire.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	g := &Group{t: t, keys: keys, Answers: map[uint64][][]byte{}, Down: map[int]bool{}}
	for i := range n {
		sm := new(Echo)
		r, err := start(vr.Config{N: n, Self: i, Keys: keys, Incarnation: 1}, sm)
		if err != nil {
			t.Fatal(err)
		}
		r.Start(0)
		g.Replicas, g.Machines = append(g.Replicas, r), append(g.Machines, sm)
	}
	g.Request(0, g.All()...)
	g.Wait(20 * time.Millisecond)
	return g
}

// All returns the numbers of all replicas.
func (g *Group) All() (all []int) {
	for i := range g.Replicas {
		all = append(all, i)
	}
	return all
}

// Keys returns the group's keys.
func (g *Group) Keys() wire.Keys { return g.keys }

// Op is the operation of request number id.
func Op(id uint64) []byte { return binary.BigEndian.AppendUint64(nil, id) }

// frame returns request number id of the client; number 0 registers it.
func (g *Group) frame(id uint64) []byte {
	m := wire.Request{Client: wire.ClientID{Lo: 1}, ID: id, Low: 1, ReplyTo: netip.MustParseAddrPort("127.0.0.1:9"), Op: Op(id)}
	if id == 0 {
		m.Register, m.Client, m.ID, m.Op = true, wire.ClientID{Hi: 1}, 1, nil
	}
	return g.keys.Client.Seal(wire.AppendRequest(nil, &m), 0)
}

// Hand passes requests to one replica and delivers no messages.
func (g *Group) Hand(to int, ids ...uint64) {
	for _, id := range ids {
		g.current = id
		g.Replicas[to].Request(g.now, g.frame(id))
	}
}

// Request passes a request to some replicas, and then delivers messages until none are left.
func (g *Group) Request(id uint64, to ...int) {
	for _, i := range to {
		g.Hand(i, id)
	}
	g.Settle()
}

// Settle delivers messages until none are left.
func (g *Group) Settle() {
	for busy := true; busy; {
		busy = false
		for i, r := range g.Replicas {
			effects := append([]node.Effect(nil), r.Effects()...)
			for j := range effects {
				effects[j].Data = bytes.Clone(effects[j].Data)
			}
			r.ClearEffects()
			if err := r.Err(); err != nil {
				g.t.Fatal(err)
			}
			for _, e := range effects {
				busy = true
				g.deliver(i, e)
			}
		}
	}
}

func (g *Group) deliver(from int, e node.Effect) {
	if g.Down[from] {
		return
	}
	switch e.Kind {
	case node.Replica:
		g.message(e.To, e.Data)
	case node.Replicas:
		for i := range g.Replicas {
			if i != from {
				g.message(i, e.Data)
			}
		}
	case node.Client:
		g.Answers[g.current] = append(g.Answers[g.current], e.Data)
	}
}

func (g *Group) message(to int, frame []byte) {
	if !g.Down[to] {
		g.Replicas[to].Message(g.now, frame)
	}
}

// Wait advances time.
func (g *Group) Wait(d time.Duration) {
	for until := g.now + d; g.now < until; g.now += 100 * time.Microsecond {
		for _, r := range g.Replicas {
			if g.now >= r.Deadline() {
				r.Tick(g.now)
			}
		}
		g.Settle()
	}
}
