package oumlib

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestEveryNumberOnceInOrder sends a sequence through a network that loses, duplicates and reorders messages. The
// receiver reports every number up to the highest one seen once, in order, as delivered or dropped, and drops no
// message that arrived within the grace period.
func TestEveryNumberOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SampledFrom([]uint64{1, 1 << 32, math.MaxUint64 - 300}).Draw(t, "start")
		arrivals := drawArrivals(t, start)
		r := NewReceiver(ReceiverConfig{Group: testGroup, TokenKey: testKey, Grace: testGrace, Buffer: 512, MaxPayload: 64})
		r.Listen(1, start)
		next, highest := start, start-1
		arrived := make(map[uint64]bool)
		dropped := make(map[uint64]bool)
		pull := func() {
			var ev Event
			for r.Next(&ev) {
				switch ev.Kind {
				case Suspect:
					if ev.First < next || ev.Last > highest || ev.First > ev.Last {
						t.Fatalf("suspect %d-%d with next %d, highest %d", ev.First, ev.Last, next, highest)
					}
					continue
				case Deliver:
					if string(ev.Payload) != payloadOf(1, ev.First) {
						t.Fatalf("message %d has payload %q", ev.First, ev.Payload)
					}
				case Drop:
					for seq := ev.First; seq <= ev.Last; seq++ {
						if dropped[seq] = true; arrived[seq] {
							t.Fatalf("message %d arrived and was dropped", seq)
						}
					}
				}
				if ev.First != next || ev.Last < ev.First {
					t.Fatalf("%v %d-%d, expected to start at %d", ev.Kind, ev.First, ev.Last, next)
				}
				next = ev.Last + 1
			}
		}
		var now time.Duration
		for _, seq := range arrivals {
			if rapid.IntRange(0, 9).Draw(t, "tick") == 0 {
				now += testGrace / 2
				r.Tick(now)
				pull()
			}
			err := r.Receive(now, stamped(1, seq))
			if again := arrived[seq] || dropped[seq]; again != (err == ErrDuplicate) || !again && err != nil {
				t.Fatalf("message %d, seen before: %v, error %v", seq, again, err)
			}
			if err == nil {
				arrived[seq] = true
			}
			highest = max(highest, seq)
			pull()
		}
		r.Tick(now + testGrace)
		pull()
		if next != highest+1 {
			t.Fatalf("sequence ends before %d, expected before %d", next, highest+1)
		}
	})
}

// drawArrivals draws the order in which up to 200 numbers from start arrive: some never, some more than once,
// none more than ten places late.
func drawArrivals(t *rapid.T, start uint64) []uint64 {
	type arrival struct {
		at  int
		seq uint64
	}
	var all []arrival
	for i := range rapid.IntRange(1, 200).Draw(t, "length") {
		copies := rapid.SampledFrom([]int{1, 1, 1, 1, 0, 2}).Draw(t, "copies")
		for range copies {
			late := rapid.SampledFrom([]int{0, 0, 0, 1, 3, 10}).Draw(t, "late")
			all = append(all, arrival{at: i + late, seq: start + uint64(i)})
		}
	}
	slices.SortStableFunc(all, func(a, b arrival) int { return a.at - b.at })
	seqs := make([]uint64, len(all))
	for i, a := range all {
		seqs[i] = a.seq
	}
	return seqs
}

// model is the receiver's specification, number by number: slow but simple. It has no bounds but the ring's.
type model struct {
	ring      uint64
	session   uint32
	listening bool
	next      uint64
	high      uint64
	held      map[uint64]bool
	noticed   map[uint64]time.Duration // missing numbers
	suspected map[uint64]bool          // suspected before
	now, due  time.Duration
}

func (m *model) collides(seq uint64) (other uint64, ok bool) {
	for h := range m.held {
		if h != seq && h%m.ring == seq%m.ring {
			return h, true
		}
	}
	return 0, false
}

func (m *model) receive(session uint32, seq uint64) (events []string) {
	if session < m.session {
		return nil
	}
	if session > m.session {
		m.enter(session)
		events = append(events, fmt.Sprintf("session %d", session))
	}
	m.take(seq, seq == m.next)
	return append(events, m.pull()...)
}

// take models Receive or Put of a message of the current session. A message that is delivered directly needs no
// room.
func (m *model) take(seq uint64, direct bool) {
	if !m.listening {
		if other, ok := m.collides(seq); ok {
			if other > seq {
				return
			}
			delete(m.held, other)
		}
		m.held[seq] = true
		return
	}
	if _, full := m.collides(seq); seq < m.next || full && !direct {
		return
	}
	m.notice(seq)
	delete(m.noticed, seq)
	m.held[seq] = true
}

// notice notes that every number up to seq exists.
func (m *model) notice(seq uint64) {
	for n := m.high + 1; n <= seq; n++ {
		if !m.held[n] {
			m.noticed[n] = m.now
		}
	}
	m.high = max(m.high, seq)
}

func (m *model) enter(session uint32) {
	m.listening = false
	m.noticed, m.suspected = map[uint64]time.Duration{}, map[uint64]bool{}
	if session > m.session {
		m.session, m.high, m.held = session, 0, map[uint64]bool{}
	}
}

func (m *model) listen(session uint32, next uint64) []string {
	if session < m.session {
		return nil
	}
	forward := m.listening && session == m.session && next >= m.next
	if !forward {
		m.enter(session)
	}
	seen := m.high
	m.listening, m.next = true, next
	for n := range m.held {
		if n < next {
			delete(m.held, n)
		}
		seen = max(seen, n)
	}
	for n := range m.noticed {
		if n < next {
			delete(m.noticed, n)
		}
	}
	m.high = max(m.high, next-1)
	if !forward {
		m.high = next - 1
		m.notice(seen)
	}
	return m.pull()
}

func (m *model) pull() (events []string) {
	if !m.listening {
		return nil
	}
	missing := func(n uint64) bool { _, ok := m.noticed[n]; return ok }
	deliver := func() {
		for m.held[m.next] {
			delete(m.held, m.next)
			events = append(events, fmt.Sprint(m.next))
			m.next++
		}
	}
	deliver()
	for n := m.next; n <= m.high; n++ {
		if missing(n) && !m.suspected[n] {
			events = append(events, fmt.Sprintf("suspect %d", n))
			m.suspected[n] = true
		}
	}
	for missing(m.next) && m.noticed[m.next]+testGrace <= m.due {
		events = append(events, fmt.Sprintf("drop %d", m.next))
		delete(m.noticed, m.next)
		m.next++
		deliver()
	}
	return events
}

// eachNumber returns all events, one line a number, so that the division of missing numbers into ranges does not
// matter.
func eachNumber(r *Receiver) (events []string) {
	var ev Event
	for r.Next(&ev) {
		if ev.Kind == SessionTerminated {
			events = append(events, fmt.Sprintf("session %d", ev.Session))
			continue
		}
		prefix := map[EventKind]string{Deliver: "", Suspect: "suspect ", Drop: "drop "}[ev.Kind]
		for seq := ev.First; seq <= ev.Last; seq++ {
			events = append(events, fmt.Sprintf("%s%d", prefix, seq))
		}
	}
	return events
}

// TestReceiverAgainstModel drives receiver and model by the same calls and compares every event.
func TestReceiverAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDriver(t, 8)
		m := &model{ring: 8, held: map[uint64]bool{}, noticed: map[uint64]time.Duration{}, suspected: map[uint64]bool{}}
		compare := func(want []string) {
			if got := eachNumber(d.r); !slices.Equal(got, want) {
				rt.Fatalf("events: %q\nexpected: %q", got, want)
			}
			if d.r.Session() != m.session || m.listening && d.r.NextNumber() != m.next {
				rt.Fatalf("position is %d/%d, expected %d/%d", d.r.Session(), d.r.NextNumber(), m.session, m.next)
			}
			for seq := uint64(1); seq < 70; seq++ {
				if _, held := d.r.Peek(m.session, seq); held != m.held[seq] {
					rt.Fatalf("message %d is held: %v, expected %v", seq, held, m.held[seq])
				}
			}
		}
		drawSession := func() uint32 {
			return m.session + uint32(rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 1, -1}).Draw(rt, "session"))
		}
		drawSeq := func() uint64 {
			around := max(m.next, 1)
			lo := max(around, 4) - 3
			return rapid.Uint64Range(lo, min(lo+14, 60)).Draw(rt, "seq")
		}
		m.session = 1
		d.r.Listen(1, 1)
		compare(m.listen(1, 1))
		rt.Repeat(map[string]func(*rapid.T){
			"receive": func(*rapid.T) {
				session, seq := drawSession(), drawSeq()
				_ = d.receive(session, seq)
				compare(m.receive(session, seq))
			},
			"tick": func(*rapid.T) {
				d.after(testGrace / 2)
				m.now = d.now
				m.due = d.now
				compare(m.pull())
			},
			"put": func(*rapid.T) {
				seq := drawSeq()
				d.r.Put(m.session, seq, []byte(payloadOf(m.session, seq)))
				if !m.held[seq] {
					m.take(seq, false)
				}
				compare(m.pull())
			},
			"hold": func(*rapid.T) {
				session := drawSession()
				d.r.Hold(session)
				if session >= m.session {
					m.enter(session)
				}
				compare(nil)
			},
			"listen": func(*rapid.T) {
				session, next := drawSession(), drawSeq()
				d.r.Listen(session, next)
				compare(m.listen(session, next))
			},
		})
	})
}

// FuzzReceive passes arbitrary datagrams to a receiver. The first byte of each record gives its length and
// whether its header is corrected, so that the fuzzer gets past the token.
func FuzzReceive(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x0a0123456789"))
	good := stamped(1, 3)
	f.Add(append([]byte{byte(len(good))}, good...))
	f.Add(append([]byte{byte(len(good)) | 0x80}, good...))
	f.Fuzz(func(t *testing.T, input []byte) {
		r := NewReceiver(ReceiverConfig{Group: testGroup, TokenKey: testKey, Grace: 1, Buffer: 8, MaxPayload: 64})
		r.Listen(1, 1)
		session, next := uint32(1), uint64(1)
		pull := func() {
			var ev Event
			for r.Next(&ev) {
				switch ev.Kind {
				case SessionTerminated:
					if ev.Session <= session {
						t.Fatalf("session %d after %d", ev.Session, session)
					}
					session, next = ev.Session, 1
					r.Listen(session, 1)
				case Deliver, Drop:
					if ev.First != next || ev.Last < ev.First || ev.Session != session {
						t.Fatalf("%+v, expected %d/%d next", ev, session, next)
					}
					next = ev.Last + 1
				}
			}
		}
		for now := time.Duration(0); len(input) > 0; now++ {
			n := min(int(input[0]&0x7F), len(input)-1)
			b := append([]byte(nil), input[1:1+n]...)
			if input[0]&0x80 != 0 && n >= HeaderLen {
				h, payload := Header{Flags: FlagSequenced, Group: testGroup}, b[HeaderLen:]
				h.Session, h.Seq = uint32(b[8]), uint64(b[12])<<56|uint64(b[18])<<20|uint64(b[19])
				h.Token = SessionToken(testKey, testGroup, h.Session)
				b = append(AppendHeader(nil, h), payload...)
			}
			input = input[1+n:]
			_ = r.Receive(now, b)
			pull()
			if now%3 == 0 {
				r.Tick(now)
				pull()
			}
		}
	})
}
