package clientcore

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/replica/wire"
)

func TestRegistersBeforeTheFirstRequest(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.invoke(7, "x")
	m := d.take()
	if !m.Register || m.Client != (wire.ClientID{Hi: 1<<63 | 1, Lo: 1}) || m.ID != 1 || m.Low != 1 || m.ReplyTo != grouptest.ReplyTo {
		t.Fatalf("first request is %+v, expected a REGISTER with the nonce", m)
	}
	d.reply(grouptest.Answer(3, grouptest.View, 41, m, 0, wire.StatusRegistered, ""))
	d.reply(grouptest.Answer(3, grouptest.View, 42, m, 1, wire.StatusRegistered, "")) // the slot of another transmission
	if len(d.sent) != 0 {
		t.Fatal("registered on REPLYs of different slots")
	}
	d.reply(grouptest.Answer(3, grouptest.View, 41, m, 2, wire.StatusRegistered, ""))
	m = d.take()
	if m.Register || m.Client != (wire.ClientID{Lo: 41}) || m.ID != 1 || string(m.Op) != "x" {
		t.Fatalf("then sent %+v, expected request 1 of client 41", m)
	}
}

// TestQuorum checks that a request is complete with answers of f+1 distinct replicas, equal in view and slot, including the leader
// of that view.
func TestQuorum(t *testing.T) {
	type reply struct {
		view wire.View
		slot uint64
		from int
	}
	view4 := wire.View{Leader: 4, Session: 2} // led by 1 of 3
	for name, c := range map[string]struct {
		replies []reply
		want    bool
	}{
		"leader and a follower":      {[]reply{{grouptest.View, 9, 0}, {grouptest.View, 9, 2}}, true},
		"follower first":             {[]reply{{grouptest.View, 9, 2}, {grouptest.View, 9, 0}}, true},
		"followers only":             {[]reply{{grouptest.View, 9, 1}, {grouptest.View, 9, 2}}, false},
		"leader alone":               {[]reply{{grouptest.View, 9, 0}}, false},
		"leader twice":               {[]reply{{grouptest.View, 9, 0}, {grouptest.View, 9, 0}}, false},
		"different slots":            {[]reply{{grouptest.View, 9, 0}, {grouptest.View, 10, 1}}, false},
		"different views":            {[]reply{{grouptest.View, 9, 0}, {view4, 9, 2}}, false},
		"leader of another view":     {[]reply{{view4, 9, 0}, {view4, 9, 2}}, false},
		"a later view":               {[]reply{{grouptest.View, 9, 0}, {view4, 9, 2}, {view4, 9, 1}}, true},
		"an earlier slot catches up": {[]reply{{grouptest.View, 9, 0}, {grouptest.View, 10, 0}, {grouptest.View, 9, 1}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, newTestCore(t, 3, nil))
			d.register(1)
			d.invoke(7, "x")
			m := d.take()
			for _, r := range c.replies {
				d.reply(grouptest.Answer(3, r.view, r.slot, m, r.from, wire.StatusOK, "result"))
			}
			o, done := d.done[7]
			if done != c.want || done && (o.err != nil || o.result != "result") {
				t.Fatalf("complete: %v %+v, expected %v", done, o, c.want)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	for _, c := range []struct {
		status wire.Status
		want   error
	}{
		{wire.StatusOK, nil},
		{wire.StatusTooLarge, ErrResultTooLarge},
		{wire.StatusTooMany, ErrTooManyOutstanding},
		{wire.StatusEvicted, ErrOutcomeUnknown},
	} {
		d := newDriver(t, newTestCore(t, 3, nil))
		d.register(1)
		d.invoke(7, "x")
		m := d.take()
		for i := range 3 {
			d.reply(grouptest.Answer(3, grouptest.View, 2, m, i, c.status, ""))
		}
		if o := d.done[7]; !errors.Is(o.err, c.want) || (o.err == nil) != (c.want == nil) {
			t.Errorf("status %d: %v, expected %v", c.status, o.err, c.want)
		}
	}
}

func TestRepliesThatDoNotCount(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	d.invoke(7, "x")
	m := d.take()
	ok := grouptest.Answer(3, grouptest.View, 2, m, 0, wire.StatusOK, "r")
	d.reply(ok)

	change := func(f func(*wire.Reply)) wire.Reply {
		r := grouptest.Answer(3, grouptest.View, 2, m, 1, wire.StatusOK, "")
		f(&r)
		return r
	}
	for name, r := range map[string]wire.Reply{
		"another client":           change(func(r *wire.Reply) { r.Client.Lo++ }),
		"a nonce":                  change(func(r *wire.Reply) { r.Client = wire.ClientID{Hi: 1<<63 | 1, Lo: 1} }),
		"a later request":          change(func(r *wire.Reply) { r.ID++ }),
		"no such replica":          change(func(r *wire.Reply) { r.Replica = 3 }),
		"no slot":                  change(func(r *wire.Reply) { r.Slot = 0 }),
		"a follower's result":      change(func(r *wire.Reply) { r.Status = wire.StatusOK }),
		"a leader without one":     change(func(r *wire.Reply) { r.Replica = 0 }),
		"an unknown status":        change(func(r *wire.Reply) { r.Status = 200 }),
		"a part behind its end":    change(func(r *wire.Reply) { r.Replica, r.Status, r.Total, r.Offset, r.Part = 0, 1, 4, 3, []byte("ab") }),
		"a result above the limit": change(func(r *wire.Reply) { r.Replica, r.Status, r.Total = 0, 1, wire.MaxResult+1 }),
	} {
		d.reply(r)
		if len(d.done) != 0 {
			t.Fatalf("%s: counted", name)
		}
	}
	frame := grouptest.Keys.Client.Seal(wire.AppendReply(nil, new(grouptest.Answer(3, grouptest.View, 2, m, 1, 0, ""))), 0)
	for i := range frame {
		d.core.Reply(d.now, frame[:i])
		frame[i] ^= 0x10
		d.core.Reply(d.now, frame)
		frame[i] ^= 0x10
	}
	if d.drain(); len(d.done) != 0 {
		t.Fatal("a damaged frame counted")
	}
	if s := d.core.Stats(); s.BadReplies < uint64(2*len(frame)) {
		t.Fatalf("%d bad replies counted, expected at least %d", s.BadReplies, 2*len(frame))
	}
	d.core.Reply(d.now, frame)
	if d.drain(); d.done[7].result != "r" {
		t.Fatal("the good frame did not count")
	}
}

func TestOldIncarnationsAreDropped(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	d.invoke(7, "x")
	d.invoke(8, "y")
	x, y := d.sent[0], d.sent[1]
	restarted := grouptest.Answer(3, grouptest.View, 3, y, 1, 0, "")
	restarted.Incarnation = 2
	d.reply(restarted)
	d.reply(grouptest.Answer(3, grouptest.View, 2, x, 0, wire.StatusOK, "r"))
	d.reply(grouptest.Answer(3, grouptest.View, 2, x, 1, 0, "")) // sent before the restart, which lost the log
	if len(d.done) != 0 {
		t.Fatal("a REPLY from before the replica's restart counted")
	}
	d.reply(grouptest.Answer(3, grouptest.View, 2, x, 2, 0, ""))
	if len(d.done) != 1 {
		t.Fatal("the quorum without it did not count")
	}
}

func TestRetransmitsTheSameIDBackingOff(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	d.invoke(7, "x")
	first := d.take()
	var waits []time.Duration
	for range 8 {
		waits = append(waits, d.wait())
		if m := d.take(); m.ID != first.ID || m.Client != first.Client || string(m.Op) != "x" {
			t.Fatalf("retransmission is %+v, expected the same request as %+v", m, first)
		}
	}
	if waits[0] > 6*ms { // the one round trip so far took 1 ms: 1 + 4·½, and jitter
		t.Errorf("first retransmission after %v, expected it near the round trip of 1 ms", waits[0])
	}
	if waits[2] < 2*waits[0] || waits[7] < 80*ms || waits[7] > 120*ms {
		t.Errorf("waits %v do not back off to the ceiling of 100 ms", waits)
	}
}

func TestLowFollowsTheOldestOutstanding(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	a := d.invoke(1, "a")
	d.invoke(2, "b")
	d.invoke(3, "c")
	sent := append([]wire.Request(nil), d.sent...)
	d.sent = nil
	for i := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 9, sent[1], i, wire.StatusOK, ""))
	}
	d.invoke(4, "d")
	if m := d.take(); m.ID != 4 || m.Low != 1 {
		t.Fatalf("request %d has low %d, expected request 4 with 1: it is outstanding", m.ID, m.Low)
	}
	if n, ok := d.core.Cancel(d.now, a); n != 1 || !ok {
		t.Fatalf("Cancel returned %d, %v, expected 1 transmission", n, ok)
	}
	if _, ok := d.core.Cancel(d.now, a); ok {
		t.Fatal("cancelled twice")
	}
	d.invoke(5, "e")
	if m := d.take(); m.ID != 5 || m.Low != 3 {
		t.Fatalf("request %d has low %d, expected request 5 with 3: 1 is cancelled, 2 complete", m.ID, m.Low)
	}
}

func TestCancelBeforeSending(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, func(c *Config) { c.Window = 1 }))
	d.register(1)
	d.invoke(1, "a")
	b := d.invoke(2, "b")
	d.invoke(3, "c")
	a := d.take()
	if n, ok := d.core.Cancel(d.now, b); n != 0 || !ok {
		t.Fatalf("Cancel returned %d, %v, expected it never sent", n, ok)
	}
	for i := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 9, a, i, wire.StatusOK, ""))
	}
	if m := d.take(); m.ID != 2 || string(m.Op) != "c" {
		t.Fatalf("sent %+v, expected c", m)
	}
}

func TestWindowAndQueueAreBounded(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, func(c *Config) { c.Window, c.MaxWaiting = 4, 3 }))
	d.register(1)
	for i := range 7 {
		d.invoke(uint64(i), "x")
	}
	if s := d.core.Stats(); len(d.sent) != 4 || s.InFlight != 4 || s.Waiting != 3 {
		t.Fatalf("%d sent, %+v, expected 4 in flight and 3 waiting", len(d.sent), s)
	}
	if _, err := d.core.Invoke(d.now, 9, nil); !errors.Is(err, ErrQueueFull) {
		t.Fatalf("the eighth request: %v, expected %v", err, ErrQueueFull)
	}
}

// TestOldestBlocksAtMaxOutstanding checks that ids stay within the range of the replicas' client table even if few requests are in
// flight.
func TestOldestBlocksAtMaxOutstanding(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	d.invoke(0, "stuck")
	stuck := d.take()
	for i := range uint64(wire.MaxOutstanding - 1) {
		d.invoke(i+1, "x")
		m := d.take()
		for r := range 2 {
			d.reply(grouptest.Answer(3, grouptest.View, i+2, m, r, wire.StatusOK, ""))
		}
	}
	d.invoke(wire.MaxOutstanding, "y")
	if len(d.sent) != 0 {
		t.Fatalf("sent id %d with low %d", d.sent[0].ID, d.sent[0].Low)
	}
	for r := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 9999, stuck, r, wire.StatusOK, ""))
	}
	if m := d.take(); m.ID != wire.MaxOutstanding+1 || m.Low != m.ID {
		t.Fatalf("sent id %d with low %d, expected both to be %d", m.ID, m.Low, wire.MaxOutstanding+1)
	}
}

func TestTooLarge(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, func(c *Config) { c.MTU = 600 }))
	d.register(1)
	limit := d.core.MaxOp()
	_, err := d.core.Invoke(0, 1, make([]byte, limit+1))
	var tooLarge *TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Limit != limit || !strings.Contains(err.Error(), fmt.Sprint(limit)) {
		t.Fatalf("%v, expected a TooLargeError that names the limit %d", err, limit)
	}
	if _, err := d.core.Invoke(0, 1, make([]byte, limit)); err != nil {
		t.Fatal(err)
	}
	if e := d.core.Effects()[0]; len(e.Data)+28 != 600 {
		t.Fatalf("the largest operation makes a datagram of %d bytes, expected 600", len(e.Data)+28)
	}
}

func TestEvictionReportsUnknownAndRegistersAgain(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, func(c *Config) { c.Window = 2 }))
	d.register(1)
	d.invoke(1, "a")
	d.invoke(2, "b")
	d.invoke(3, "c") // waits for room
	a := d.sent[0]
	d.sent = nil
	for i := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 9, a, i, wire.StatusEvicted, ""))
	}
	for tag := range uint64(2) {
		if o := d.done[tag+1]; !errors.Is(o.err, ErrOutcomeUnknown) || !errors.Is(o.err, ErrEvicted) {
			t.Fatalf("request %d: %v, expected %v", tag+1, o.err, ErrEvicted)
		}
	}
	m := d.take()
	if !m.Register || m.Client.Lo != 2 {
		t.Fatalf("sent %+v, expected a REGISTER with a new nonce", m)
	}
	for i := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 10, m, i, wire.StatusRegistered, ""))
	}
	if m = d.take(); m.Client.Lo != 10 || m.ID != 1 || string(m.Op) != "c" {
		t.Fatalf("sent %+v, expected c as request 1 of client 10", m)
	}
}

func TestFullBacksOffAndKeepsTheID(t *testing.T) {
	d := newDriver(t, newTestCore(t, 3, nil))
	d.register(1)
	d.invoke(7, "x")
	x := d.take()
	var wait time.Duration
	for range 12 {
		d.reply(grouptest.Answer(3, grouptest.View, 9, x, 0, wire.StatusFull, ""))
		d.reply(grouptest.Answer(3, grouptest.View, 9, x, 0, wire.StatusFull, "")) // counts once per transmission
		wait = d.wait()
		if m := d.take(); m.ID != x.ID {
			t.Fatalf("sent id %d after FULL, expected %d again", m.ID, x.ID)
		}
	}
	if wait < 800*ms {
		t.Errorf("waited %v after the twelfth FULL, expected about 1 s", wait)
	}
	if s := d.core.Stats(); s.Full != 24 || len(d.done) != 0 {
		t.Errorf("counted %d FULLs and completed %d", s.Full, len(d.done))
	}
}

func TestNewViewAndNewRouteHastenRetransmission(t *testing.T) {
	for name, hint := range map[string]func(d *driver, m wire.Request){
		"view": func(d *driver, m wire.Request) {
			d.reply(grouptest.Answer(3, wire.View{Leader: 1, Session: 1}, 8, m, 2, 0, ""))
		},
		"route": func(d *driver, m wire.Request) { d.core.Reroute(d.now) },
	} {
		d := newDriver(t, newTestCore(t, 3, nil))
		d.register(1)
		d.invoke(7, "x")
		m := d.take()
		for range 8 {
			d.wait()
		}
		hint(d, m)
		if wait := d.wait(); wait > 5*ms {
			t.Errorf("new %s: sent again after %v, expected at once", name, wait)
		}
	}
}

func TestResultInParts(t *testing.T) {
	result := strings.Repeat("0123456789", 500)
	part := func(slot uint64, m wire.Request, from, to int) wire.Reply {
		r := grouptest.Answer(3, grouptest.View, slot, m, 0, wire.StatusOK, result)
		r.Offset, r.Part = uint32(from), []byte(result[from:to])
		return r
	}
	for name, order := range map[string][][2]int{
		"in order":    {{0, 1000}, {1000, 3000}, {3000, 5000}},
		"backwards":   {{3000, 5000}, {1000, 3000}, {0, 1000}},
		"overlapping": {{0, 2000}, {4000, 5000}, {1000, 4500}},
		"duplicates":  {{0, 1000}, {0, 1000}, {2000, 5000}, {500, 700}, {1000, 2000}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDriver(t, newTestCore(t, 3, nil))
			d.register(1)
			d.invoke(7, "x")
			m := d.take()
			d.reply(grouptest.Answer(3, grouptest.View, 5, m, 1, 0, ""))
			for i, p := range order {
				if len(d.done) != 0 {
					t.Fatalf("complete after %d of %d parts", i, len(order))
				}
				d.reply(part(5, m, p[0], p[1]))
			}
			if d.done[7].result != result {
				t.Fatalf("result is %d bytes long or differs, expected %d", len(d.done[7].result), len(result))
			}
		})
	}
	t.Run("lost part comes with another slot", func(t *testing.T) {
		d := newDriver(t, newTestCore(t, 3, nil))
		d.register(1)
		d.invoke(7, "x")
		m := d.take()
		d.reply(grouptest.Answer(3, grouptest.View, 5, m, 1, 0, ""))
		d.reply(part(5, m, 0, 3000))
		d.wait()
		d.reply(part(6, m, 2000, 5000))
		if d.done[7].result != result {
			t.Fatal("not complete")
		}
	})
	t.Run("a newer view starts over", func(t *testing.T) {
		d := newDriver(t, newTestCore(t, 3, nil))
		d.register(1)
		d.invoke(7, "x")
		m := d.take()
		d.reply(part(5, m, 0, 3000))
		view := wire.View{Leader: 3, Session: 1}
		late := part(6, m, 3000, 5000)
		late.View = view
		d.reply(late)
		d.reply(part(5, m, 3000, 5000)) // from the old leader, after the new one's
		d.reply(grouptest.Answer(3, grouptest.View, 5, m, 1, 0, ""))
		d.reply(grouptest.Answer(3, view, 6, m, 1, 0, ""))
		if len(d.done) != 0 {
			t.Fatal("results of two views were mixed")
		}
		late.Offset, late.Part = 0, []byte(result[:3000])
		d.reply(late)
		if d.done[7].result != result {
			t.Fatal("not complete")
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"Replicas is 4":        func(c *Config) { c.Replicas = 4 },
		"Nonce is nil":         func(c *Config) { c.Nonce = nil },
		"ReplyTo is 0.0.0.0":   func(c *Config) { c.ReplyTo = netip.MustParseAddrPort("0.0.0.0:1") },
		"MTU is 100":           func(c *Config) { c.MTU = 100 },
		"Window is 5000":       func(c *Config) { c.Window = 5000 },
		"MaxWaiting is -1":     func(c *Config) { c.MaxWaiting = -1 },
		"max_timeout is 100ms": func(c *Config) { c.MinTimeout = time.Hour },
	} {
		cfg := newTestCore(t, 3, nil).cfg
		change(&cfg)
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected an error with %q", err, want)
		}
	}
}

// TestEveryRequestCompletesOnce runs a client against a model of the group under loss, duplication,
// reordering, view changes, evictions and cancellation.
func TestEveryRequestCompletesOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.SampledFrom([]int{1, 3, 5}).Draw(rt, "replicas")
		core := newTestCore(t, n, func(c *Config) { c.Window = rapid.IntRange(1, 8).Draw(rt, "window") })
		d := newDriver(t, core)
		group := grouptest.NewLog(n)
		var replies []wire.Reply
		var tag uint64
		tickets := map[uint64]Ticket{}
		cancelled := map[uint64]bool{}
		deliver := func(lossy bool) {
			for _, m := range d.sent {
				if !lossy || rapid.IntRange(0, 3).Draw(rt, "request lost") > 0 {
					replies = append(replies, group.Take(m)...)
				}
			}
			d.sent = d.sent[:0]
		}
		rt.Repeat(map[string]func(*rapid.T){
			"invoke": func(rt *rapid.T) {
				tag++
				tickets[tag] = d.invoke(tag, fmt.Sprint("op", tag))
			},
			"cancel": func(rt *rapid.T) {
				x := rapid.Uint64Range(1, tag+1).Draw(rt, "tag")
				_, known := tickets[x]
				_, done := d.done[x]
				if _, ok := core.Cancel(d.now, tickets[x]); known && ok != (!done && !cancelled[x]) {
					rt.Fatalf("cancelling %d: %v, though done %v, cancelled %v", x, ok, done, cancelled[x])
				} else if known && ok {
					cancelled[x] = true
				}
				d.drain()
			},
			"sequence": func(rt *rapid.T) { deliver(true) },
			"reply": func(rt *rapid.T) {
				if len(replies) == 0 {
					return
				}
				i := rapid.IntRange(0, len(replies)-1).Draw(rt, "reply")
				d.reply(replies[i])
				if rapid.Bool().Draw(rt, "forget") {
					replies = append(replies[:i], replies[i+1:]...)
				}
			},
			"tick": func(rt *rapid.T) {
				d.now += time.Duration(rapid.Int64Range(0, int64(300*ms)).Draw(rt, "pause"))
				core.Tick(d.now)
				d.drain()
			},
			"view change": func(rt *rapid.T) { group.View.Leader++ },
			"evict":       func(rt *rapid.T) { group.Evict() },
		})
		for round := 0; core.Stats().InFlight+core.Stats().Waiting > 0; round++ {
			if round > 10000 {
				rt.Fatalf("no end without faults: %+v", core.Stats())
			}
			if len(d.sent) == 0 {
				d.wait()
			}
			deliver(false)
			for _, r := range replies {
				d.reply(r)
			}
			replies = replies[:0]
		}
		for x := uint64(1); x <= tag; x++ {
			o, done := d.done[x]
			switch op := fmt.Sprint("op", x); {
			case done == cancelled[x]:
				rt.Fatalf("%s: done %v, cancelled %v", op, done, cancelled[x])
			case group.Executions(op) > 1:
				rt.Fatalf("%s was executed %d times", op, group.Executions(op))
			case done && o.err == nil && o.result != op+" done 1 times":
				rt.Fatalf("%s has the result %q", op, o.result)
			case done && o.err != nil && !errors.Is(o.err, ErrOutcomeUnknown):
				rt.Fatalf("%s: %v", op, o.err)
			}
		}
	})
}
