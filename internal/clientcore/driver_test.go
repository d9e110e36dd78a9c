package clientcore

import (
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

const ms = time.Millisecond

// newTestCore returns a core of a client of n replicas, with fixed nonces 1, 2, 3, ….
func newTestCore(t testing.TB, n int, change func(*Config)) *Core {
	t.Helper()
	nonces := uint64(0)
	cfg := Config{
		Replicas: n, Auth: grouptest.Keys.Client, ReplyTo: grouptest.ReplyTo, Seed: 1,
		Nonce: func() wire.ClientID { nonces++; return wire.ClientID{Hi: 1, Lo: nonces} },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outcome is a copy of an EffectDone.
type outcome struct {
	result string
	err    error
}

// driver carries out a core's effects: it collects requests in sent and outcomes in done, by tag.
type driver struct {
	t    testing.TB
	core *Core
	now  time.Duration
	sent []wire.Request
	done map[uint64]outcome
}

func newDriver(t testing.TB, core *Core) *driver {
	return &driver{t: t, core: core, done: map[uint64]outcome{}}
}

func (d *driver) drain() {
	for _, e := range d.core.Effects() {
		switch e.Kind {
		case EffectGroup:
			kind, body, err := grouptest.Keys.Open(e.Data)
			if err != nil || kind != wire.KindRequest {
				d.t.Fatalf("sent a %v that does not open: %v", kind, err)
			}
			m, err := wire.ParseRequest(body)
			if err != nil {
				d.t.Fatalf("sent a REQUEST that does not parse: %v", err)
			}
			m.Op = append([]byte(nil), m.Op...)
			d.sent = append(d.sent, m)
		case EffectDone:
			if o, twice := d.done[e.Tag]; twice {
				d.t.Fatalf("request %d completed twice: %v, then %q %v", e.Tag, o, e.Result, e.Err)
			}
			d.done[e.Tag] = outcome{result: string(e.Result), err: e.Err}
		}
	}
	d.core.ClearEffects()
}

func (d *driver) invoke(tag uint64, op string) Ticket {
	d.t.Helper()
	ticket, err := d.core.Invoke(d.now, tag, []byte(op))
	if err != nil {
		d.t.Fatal(err)
	}
	d.drain()
	return ticket
}

// reply passes the core a sealed REPLY.
func (d *driver) reply(m wire.Reply) {
	d.core.Reply(d.now, grouptest.Keys.Client.Seal(wire.AppendReply(nil, &m), 0))
	d.drain()
}

// wait advances time until the core sends a request, and returns the time that passed.
func (d *driver) wait() time.Duration {
	d.t.Helper()
	start, before := d.now, len(d.sent)
	for len(d.sent) == before {
		deadline := d.core.Deadline()
		if deadline == monotime.Never {
			d.t.Fatal("the core has no deadline")
		}
		d.now = max(d.now, deadline)
		d.core.Tick(d.now)
		d.drain()
	}
	return d.now - start
}

// take returns the one request that was sent since the last call.
func (d *driver) take() wire.Request {
	d.t.Helper()
	if len(d.sent) != 1 {
		d.t.Fatalf("%d requests were sent, expected 1", len(d.sent))
	}
	m := d.sent[0]
	d.sent = d.sent[:0]
	return m
}

// register registers the client at a slot in the first view of three replicas.
func (d *driver) register(slot uint64) {
	d.t.Helper()
	d.core.Register(d.now)
	d.drain()
	m := d.take()
	d.now += ms
	for i := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, slot, m, i, wire.StatusRegistered, ""))
	}
	if !d.core.Registered() {
		d.t.Fatal("the client is not registered after f+1 REPLYs")
	}
}
