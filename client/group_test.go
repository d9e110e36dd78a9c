package client

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

const ms = time.Millisecond

var (
	testKeys = func() wire.Keys {
		keys, err := wire.DeriveKeys([]byte("a cluster key for tests"))
		if err != nil {
			panic(err)
		}
		return keys
	}()
	testReplyTo = netip.MustParseAddrPort("127.0.0.9:4000")
)

// newTestCore returns a core of a client of n replicas, with fixed nonces 1, 2, 3, ….
func newTestCore(t testing.TB, n int, change func(*CoreConfig)) *Core {
	t.Helper()
	nonces := uint64(0)
	cfg := CoreConfig{
		Replicas: n, Auth: testKeys.Client, ReplyTo: testReplyTo, Seed: 1,
		Nonce: func() wire.ClientID { nonces++; return wire.ClientID{Hi: 1, Lo: nonces} },
	}
	if change != nil {
		change(&cfg)
	}
	c, err := NewCore(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// outcome is an EffectDone, copied.
type outcome struct {
	result string
	err    error
}

// driver carries out a core's effects: requests pile up in sent, outcomes by tag in done.
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
			kind, body, err := testKeys.Open(e.Data)
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

// reply hands the core a sealed REPLY.
func (d *driver) reply(m wire.Reply) {
	d.core.Reply(d.now, testKeys.Client.Seal(wire.AppendReply(nil, &m), 0))
	d.drain()
}

// wait lets time pass until the core sends something, and returns how long that took.
func (d *driver) wait() time.Duration {
	d.t.Helper()
	start, before := d.now, len(d.sent)
	for len(d.sent) == before {
		deadline := d.core.Deadline()
		if deadline == monotime.Never {
			d.t.Fatal("the core waits for ever")
		}
		d.now = max(d.now, deadline)
		d.core.Tick(d.now)
		d.drain()
	}
	return d.now - start
}

// take returns the only request that was sent since the last call.
func (d *driver) take() wire.Request {
	d.t.Helper()
	if len(d.sent) != 1 {
		d.t.Fatalf("%d requests were sent, expected 1", len(d.sent))
	}
	m := d.sent[0]
	d.sent = d.sent[:0]
	return m
}

// answer is the REPLY of a replica to m at a slot; the leader of the view adds status and result.
func answer(n int, view wire.View, slot uint64, m wire.Request, from int, status wire.Status, result string) wire.Reply {
	r := wire.Reply{View: view, Slot: slot, Client: m.Client, ID: m.ID, Replica: uint16(from), Incarnation: 1}
	if view.LeaderOf(n) == from {
		r.Status, r.Total, r.Part = status, uint32(len(result)), []byte(result)
	}
	return r
}

// register lets the client register at a slot, in the view <0,1> of three replicas.
func (d *driver) register(slot uint64) {
	d.t.Helper()
	d.core.Register(d.now)
	d.drain()
	m := d.take()
	d.now += ms
	for i := range 2 {
		d.reply(answer(3, wire.View{Session: 1}, slot, m, i, wire.StatusRegistered, ""))
	}
	if !d.core.registered() {
		d.t.Fatal("the client is not registered after f+1 REPLYs")
	}
}

// log is a model of the group: one log per view, at-most-once execution, and an operation's result
// that tells the operation and how often it was executed.
type log struct {
	n        int
	view     wire.View
	slot     uint64
	clients  map[uint64]map[uint64]string
	executed map[string]int
}

func newLog(n int) *log {
	return &log{n: n, view: wire.View{Session: 1}, clients: map[uint64]map[uint64]string{}, executed: map[string]int{}}
}

// take logs and executes a request, and returns the n replies to it.
func (l *log) take(m wire.Request) []wire.Reply {
	l.slot++
	status, result := l.execute(m)
	if status == wire.StatusLogged {
		return nil
	}
	replies := make([]wire.Reply, l.n)
	for i := range replies {
		replies[i] = answer(l.n, l.view, l.slot, m, i, status, result)
	}
	return replies
}

// locked is take for two groups that share the log.
func (l *log) locked(mu *sync.Mutex) func(wire.Request) []wire.Reply {
	return func(m wire.Request) []wire.Reply {
		mu.Lock()
		defer mu.Unlock()
		return l.take(m)
	}
}

func (l *log) execute(m wire.Request) (wire.Status, string) {
	if m.Register {
		l.clients[l.slot] = map[uint64]string{}
		return wire.StatusRegistered, ""
	}
	results, known := l.clients[m.Client.Lo]
	if !known {
		return wire.StatusEvicted, ""
	}
	for id := range results {
		if id < m.Low {
			delete(results, id)
		}
	}
	if result, done := results[m.ID]; done {
		return wire.StatusOK, result
	}
	l.executed[string(m.Op)]++
	results[m.ID] = fmt.Sprintf("%s done %d times", m.Op, l.executed[string(m.Op)])
	return wire.StatusOK, results[m.ID]
}
