package udp

import (
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

// rule checks a sequence of stamps against the session rule: sessions never decrease, and numbers
// within a session are 1, 2, 3, …
type rule struct {
	session uint32
	number  uint64
}

func (r *rule) check(h oumlib.Header) (ok bool) {
	switch {
	case h.Session < r.session:
		return false
	case h.Session > r.session:
		*r = rule{session: h.Session}
	}
	r.number++
	return h.Seq == r.number && h.Token == token(h.Session)
}

func TestSessionRule(t *testing.T) {
	d, r := newPlane(t)
	install(d, 5)
	send := func() { d.Datagram(0, sender, request(1, "")) }
	bump := func(session uint32) { d.Put(groupKey(1), sequence(0, session, 9)) }

	send()
	send()
	bump(7)
	send()
	bump(6) // lower than the cell's: datagrams are dropped
	send()
	send()
	bump(7) // the cell's session again: numbers continue
	send()
	d.Delete(groupKey(1))
	d.Put(groupKey(1), sequence(0, 7, 9))
	send()
	d.Clear() // a pipeline push
	install(d, 7)
	send()
	bump(8)
	send()

	var got [][2]uint64
	for i, h := range r.headers(t) {
		if i%3 == 0 {
			got = append(got, [2]uint64{uint64(h.Session), h.Seq})
		}
	}
	want := [][2]uint64{{5, 1}, {5, 2}, {7, 1}, {7, 2}, {7, 3}, {7, 4}, {8, 1}}
	if len(got) != len(want) {
		t.Fatalf("stamps are %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("stamps are %v, want %v", got, want)
		}
	}
	wantDrops(t, d, map[Reason]uint64{Stale: 2})
}

// TestNumbersExceed32Bits starts just below 2^32.
func TestNumbersExceed32Bits(t *testing.T) {
	d, r := newPlane(t)
	install(d, 5)
	d.cells[0].session.Store(5)
	d.cells[0].number.Store(1<<32 - 3)
	for range 4 {
		d.Datagram(0, sender, request(1, ""))
	}
	for i, h := range r.headers(t) {
		if want := uint64(1<<32 - 2 + i/3); h.Session != 5 || h.Seq != want {
			t.Errorf("datagram %d has session %d and number %d, want 5 and %d", i, h.Session, h.Seq, want)
		}
	}
}

func TestCellsAreByGroupIndex(t *testing.T) {
	d, r := newPlane(t)
	install(d, 1)
	d.Put(groupKey(2), sequence(p4src.MaxGroups-1, 1, 9))
	for range 2 {
		d.Datagram(0, sender, request(1, ""))
		d.Datagram(0, sender, request(2, ""))
	}
	for i, h := range r.headers(t) {
		if want := uint64(i/6 + 1); h.Seq != want {
			t.Errorf("datagram %d has number %d, want %d", i, h.Seq, want)
		}
	}
}

// TestSessionRuleProperty checks the rule for random sequences of datagrams and table writes.
func TestSessionRuleProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, r := newPlane(t)
		install(d, 1)
		var checker rule
		for _, op := range rapid.SliceOfN(rapid.IntRange(0, 9), 1, 200).Draw(rt, "ops") {
			switch op {
			case 0, 1:
				d.Put(groupKey(1), sequence(0, rapid.Uint32Range(1, 20).Draw(rt, "session"), 9))
			case 2:
				d.Delete(groupKey(1))
			case 3:
				d.Clear()
				install(d, rapid.Uint32Range(1, 20).Draw(rt, "session"))
			default:
				r.out = r.out[:0]
				d.Datagram(0, sender, request(1, ""))
				for i, s := range r.out {
					h, _, err := oumlib.ParseHeader(s.b)
					if err != nil {
						rt.Fatal(err)
					}
					if i == 0 && !checker.check(h) {
						rt.Fatalf("stamp %v after session %d number %d", h, checker.session, checker.number)
					}
				}
			}
		}
	})
}

// TestSessionRuleConcurrent checks the rule while one goroutine, like the event loop, handles traffic
// and others write tables.
func TestSessionRuleConcurrent(t *testing.T) {
	d, r := newPlane(t)
	install(d, 1)
	const bumps = 300
	var writers sync.WaitGroup
	done := make(chan struct{})
	writers.Add(3)
	go func() { // increasing sessions with stale writes in between
		defer writers.Done()
		for s := uint32(2); s <= bumps; s++ {
			d.Put(groupKey(1), sequence(0, s, 9))
			if s%10 == 0 {
				d.Put(groupKey(1), sequence(0, s-1, 9))
				d.Put(groupKey(1), sequence(0, s, 9))
			}
			if s%50 == 0 {
				d.Delete(groupKey(1))
				d.Put(groupKey(1), sequence(0, s, 9))
			}
		}
	}()
	go func() { // writes entries of another group
		defer writers.Done()
		for i := range bumps {
			d.Put(groupKey(2), sequence(1, uint32(i)+1, 9))
			d.Delete(groupKey(2))
		}
	}()
	go func() { // readers
		defer writers.Done()
		for range bumps {
			d.Counter(groupKey(1))
			d.Stats()
			d.SetCounter(groupKey(1), sequencer.Counter{})
		}
	}()
	go func() {
		writers.Wait()
		close(done)
	}()

	var checker rule
	stamped := 0
	traffic := func() {
		r.out = r.out[:0]
		d.Datagram(0, sender, request(1, ""))
		for i, h := range r.headers(t) {
			if i == 0 {
				stamped++
				if !checker.check(h) {
					t.Fatalf("stamp %v after session %d number %d", h, checker.session, checker.number)
				}
			} else if h.Seq != checker.number || h.Session != checker.session {
				t.Fatalf("copy %d is %v, want session %d number %d", i, h, checker.session, checker.number)
			}
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			traffic()
		}
	}
	traffic() // the last write applies to the next datagram
	if checker.session != bumps {
		t.Errorf("the last stamped session is %d, want %d", checker.session, bumps)
	}
	if stamped == 0 {
		t.Error("nothing was stamped")
	}
}
