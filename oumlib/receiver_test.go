package oumlib

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

const (
	testGroup = 0x0AFF0001
	testGrace = 100 * time.Microsecond
)

var testKey = []byte("0123456789abcdef")

// driver drives a receiver and returns its events as text.
type driver struct {
	t   *testing.T
	r   *Receiver
	now time.Duration
}

func newDriver(t *testing.T, buffer int) *driver {
	return &driver{t: t, r: NewReceiver(ReceiverConfig{
		Group: testGroup, TokenKey: testKey, Grace: testGrace, Buffer: buffer, MaxPayload: 64,
	})}
}

// payloadOf returns the payload of a test message, which identifies it.
func payloadOf(session uint32, seq uint64) string { return fmt.Sprintf("%d/%d", session, seq) }

func stamped(session uint32, seq uint64) []byte {
	b := AppendHeader(nil, Header{Group: testGroup})
	b = append(b, payloadOf(session, seq)...)
	Stamp(b, session, seq, SessionToken(testKey, testGroup, session))
	return b
}

func (d *driver) receive(session uint32, seq uint64) error {
	return d.r.Receive(d.now, stamped(session, seq))
}

// accept receives messages that must be accepted.
func (d *driver) accept(session uint32, seqs ...uint64) {
	d.t.Helper()
	for _, seq := range seqs {
		if err := d.receive(session, seq); err != nil {
			d.t.Errorf("message %d/%d: %v", session, seq, err)
		}
	}
}

// refuse receives a message that must be rejected with want.
func (d *driver) refuse(session uint32, seq uint64, want error) {
	d.t.Helper()
	if err := d.receive(session, seq); err != want {
		d.t.Errorf("message %d/%d: error is %v, expected %v", session, seq, err, want)
	}
}

// after lets time pass and calls Tick.
func (d *driver) after(dt time.Duration) {
	d.now += dt
	d.r.Tick(d.now)
}

// events returns all events.
func (d *driver) events() string {
	d.t.Helper()
	var out []string
	var ev Event
	for d.r.Next(&ev) {
		switch ev.Kind {
		case Deliver:
			if ev.First != ev.Last || string(ev.Payload) != payloadOf(ev.Session, ev.First) {
				d.t.Errorf("delivery of %d-%d has payload %q", ev.First, ev.Last, ev.Payload)
			}
			out = append(out, fmt.Sprint(ev.First))
		case Suspect:
			out = append(out, fmt.Sprintf("suspect %d-%d", ev.First, ev.Last))
		case Drop:
			out = append(out, fmt.Sprintf("drop %d-%d", ev.First, ev.Last))
		case SessionTerminated:
			out = append(out, fmt.Sprintf("session %d", ev.Session))
		default:
			d.t.Errorf("unknown event %v", ev.Kind)
		}
	}
	return strings.Join(out, ", ")
}

func (d *driver) expect(want string) {
	d.t.Helper()
	if got := d.events(); got != want {
		d.t.Errorf("events: %s\nexpected: %s", got, want)
	}
}

// step receives one message and expects events.
func (d *driver) step(session uint32, seq uint64, want string) {
	d.t.Helper()
	d.accept(session, seq)
	d.expect(want)
}

func TestInOrder(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	for seq := uint64(1); seq <= 100; seq++ {
		d.step(1, seq, fmt.Sprint(seq))
	}
	if d.r.Deadline() != monotime.Never || d.r.NextNumber() != 101 {
		t.Errorf("deadline %v, next number %d", d.r.Deadline(), d.r.NextNumber())
	}
}

func TestRefusals(t *testing.T) {
	message := func(change func(h *Header)) []byte {
		h := Header{Flags: FlagSequenced, Group: testGroup, Session: 5, Seq: 10, Token: SessionToken(testKey, testGroup, 5)}
		change(&h)
		return AppendHeader(nil, h)
	}
	for _, tc := range []struct {
		name  string
		b     []byte
		want  error
		count func(Stats) uint64
	}{
		{"short", make([]byte, 27), ErrShort, func(s Stats) uint64 { return s.Short }},
		{"magic", make([]byte, 28), ErrMagic, func(s Stats) uint64 { return s.Magic }},
		{"version", append([]byte{'O', 'U', 9}, make([]byte, 28)...), ErrVersion, func(s Stats) uint64 { return s.Version }},
		{"other group", message(func(h *Header) { h.Group++ }), ErrGroup, func(s Stats) uint64 { return s.Group }},
		{"not sequenced", message(func(h *Header) { h.Flags = 0xFE }), ErrUnsequenced, func(s Stats) uint64 { return s.Unsequenced }},
		{"stale session", message(func(h *Header) { h.Session = 4; h.Token = SessionToken(testKey, testGroup, 4) }), ErrStale, func(s Stats) uint64 { return s.Stale }},
		{"wrong token", message(func(h *Header) { h.Token++ }), ErrToken, func(s Stats) uint64 { return s.Token }},
		{"wrong token, higher session", message(func(h *Header) { h.Session = 6 }), ErrToken, func(s Stats) uint64 { return s.Token }},
		{"number 0", message(func(h *Header) { h.Seq = 0 }), ErrNumber, func(s Stats) uint64 { return s.Number }},
		{"number 2^64-1", message(func(h *Header) { h.Seq = math.MaxUint64 }), ErrNumber, func(s Stats) uint64 { return s.Number }},
		{"payload too long", append(message(func(*Header) {}), make([]byte, 65)...), ErrPayload, func(s Stats) uint64 { return s.Payload }},
		{"duplicate", message(func(h *Header) { h.Seq = 9 }), ErrDuplicate, func(s Stats) uint64 { return s.Duplicate }},
		{"far", message(func(h *Header) { h.Seq = 10 + defaultWindow }), ErrFar, func(s Stats) uint64 { return s.Far }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDriver(t, 8)
			d.r.Listen(5, 10)
			if err := d.r.Receive(0, tc.b); err != tc.want {
				t.Errorf("error is %v, expected %v", err, tc.want)
			}
			if n := tc.count(d.r.Stats()); n != 1 {
				t.Errorf("counted %d times", n)
			}
			d.expect("")
			if d.r.Session() != 5 || d.r.NextNumber() != 10 {
				t.Errorf("position is %d/%d, expected 5/10", d.r.Session(), d.r.NextNumber())
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.step(1, 1, "1")
	d.refuse(1, 1, ErrDuplicate) // delivered
	d.step(1, 3, "suspect 2-2")
	d.refuse(1, 3, ErrDuplicate) // buffered
	d.after(testGrace)
	d.expect("drop 2-2, 3")
	d.refuse(1, 2, ErrDuplicate) // dropped
	d.expect("")
}

func TestGapIsSuspectedThenDropped(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.step(1, 4, "suspect 1-3")
	if d.r.Deadline() != d.now+testGrace {
		t.Errorf("deadline is %v, expected %v", d.r.Deadline(), d.now+testGrace)
	}
	d.after(testGrace / 2)
	d.step(1, 6, "suspect 5-5")
	d.after(testGrace/2 - 1)
	d.expect("")
	d.after(1)
	d.expect("drop 1-3, 4")
	d.after(testGrace / 2)
	d.expect("drop 5-5, 6")
	if d.r.Deadline() != monotime.Never {
		t.Errorf("deadline is %v without a gap", d.r.Deadline())
	}
}

func TestLateArrivalCancelsItsPart(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Listen(1, 1)
	d.step(1, 8, "suspect 1-7")
	d.step(1, 4, "") // splits the gap
	d.step(1, 1, "1")
	d.step(1, 7, "")
	d.after(testGrace)
	d.expect("drop 2-3, 4, drop 5-6, 7, 8")
}

func TestReceiveAloneDropsNothing(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.step(1, 2, "suspect 1-1")
	d.now += 2 * testGrace
	d.step(1, 3, "") // the late one may be next in the socket's queue
	d.step(1, 1, "1, 2, 3")
}

func TestOverflowIsALaterGap(t *testing.T) {
	d := newDriver(t, 4)
	d.r.Listen(1, 1)
	d.accept(1, 2, 3, 4, 5)
	d.refuse(1, 6, ErrOverflow)
	d.refuse(1, 7, ErrOverflow)
	d.expect("suspect 1-1")
	d.step(1, 1, "1, 2, 3, 4, 5")
	d.step(1, 8, "suspect 6-7")
	d.after(testGrace)
	d.expect("drop 6-7, 8")
}

func TestGapLongerThanTheBuffer(t *testing.T) {
	d := newDriver(t, 4)
	d.r.Listen(1, 1)
	d.step(1, 1000, "suspect 1-999")
	d.accept(1, 1001, 1002)
	d.after(testGrace)
	d.expect("drop 1-999, 1000, 1001, 1002")
}

func TestFarNumberNeedsConfirmation(t *testing.T) {
	const far = 10 * defaultWindow
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.refuse(1, far, ErrFar)
	d.refuse(1, far, ErrFar)               // a repetition does not confirm
	d.refuse(1, 3*far, ErrFar)             // nor does a number as far from it
	d.refuse(1, 3*far+1<<21, ErrFar)       // nor does this one
	d.step(1, 1, "1")                      // delivery continues meanwhile
	d.refuse(1, far, ErrFar)               //
	d.step(1, far+2, "suspect 2-10485761") // two numbers close together
	d.after(testGrace)
	d.expect(fmt.Sprintf("drop 2-%d, %d", far+1, far+2))
}

func TestHugeGapCostsNothing(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	const high = math.MaxUint64 - 2
	d.refuse(1, high, ErrFar)
	d.accept(1, high-1)
	d.expect(fmt.Sprintf("suspect 1-%d", uint64(high-2)))
	d.after(testGrace)
	d.expect(fmt.Sprintf("drop 1-%d, %d", uint64(high-2), uint64(high-1)))
}

func TestNumbersAtTheEdges(t *testing.T) {
	for _, edge := range []uint64{1 << 32, 1 << 33, 1 << 63, math.MaxUint64 - 3} {
		d := newDriver(t, 8)
		d.r.Listen(1, edge-2)
		d.step(1, edge-2, fmt.Sprint(edge-2))
		d.step(1, edge, fmt.Sprintf("suspect %d-%d", edge-1, edge-1))
		d.step(1, edge+1, "")
		d.step(1, edge-1, fmt.Sprintf("%d, %d, %d", edge-1, edge, edge+1))
		d.step(1, edge+2, fmt.Sprint(edge+2))
	}
	d := newDriver(t, 8)
	d.r.Listen(1, math.MaxUint64)
	d.refuse(1, math.MaxUint64-1, ErrDuplicate)
	d.refuse(1, math.MaxUint64, ErrNumber)
	d.expect("")
}

func TestSessionBump(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.step(1, 1, "1")
	d.step(1, 3, "suspect 2-2")
	d.step(4, 2, "session 4")
	d.step(4, 1, "") // only once, and nothing until Listen
	d.refuse(1, 2, ErrStale)
	if d.r.Session() != 4 || d.r.NextNumber() != 0 || d.r.Deadline() != monotime.Never {
		t.Errorf("session %d, next %d, deadline %v", d.r.Session(), d.r.NextNumber(), d.r.Deadline())
	}
	d.step(5, 1, "session 5") // each step upward
	d.r.Listen(5, 1)
	d.expect("1")
	d.step(5, 2, "2")
}

func TestHoldPutListen(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.accept(1, 1)
	d.expect("1")
	d.r.Hold(1)
	d.step(1, 4, "")
	d.step(1, 2, "")
	d.refuse(1, 2, ErrDuplicate)
	d.r.Put(1, 1, []byte(payloadOf(1, 1)))
	d.r.Put(1, 2, []byte("not taken: it is there"))
	d.r.Put(2, 3, []byte("not taken: another session"))
	if b, ok := d.r.Peek(1, 4); !ok || string(b) != payloadOf(1, 4) {
		t.Errorf("Peek(1, 4) = %q, %v", b, ok)
	}
	for _, miss := range []struct {
		session uint32
		seq     uint64
	}{{1, 3}, {2, 4}, {0, 0}, {1, 12}} {
		if b, ok := d.r.Peek(miss.session, miss.seq); ok {
			t.Errorf("Peek(%d, %d) = %q", miss.session, miss.seq, b)
		}
	}
	d.expect("")
	d.r.Listen(1, 1)
	d.expect("1, 2, suspect 3-3")
	d.r.Put(1, 3, []byte(payloadOf(1, 3))) // also while listening
	d.expect("3, 4")
}

func TestHoldKeepsTheHigherOfTwoInOneSlot(t *testing.T) {
	d := newDriver(t, 4)
	d.r.Hold(1)
	d.accept(1, 1, 2, 3, 4, 5, 6)
	d.refuse(1, 2, ErrOverflow)
	d.r.Listen(1, 3)
	d.expect("3, 4, 5, 6")
}

func TestHoldIgnoresTheFarUnlessConfirmed(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Hold(1)
	d.accept(1, 1, 1<<40+6, 2)
	d.r.Listen(1, 1)
	d.expect("1, 2")
	d.step(1, 1<<40+7, fmt.Sprintf("suspect 3-%d", 1<<40+6)) // the second one

	d = newDriver(t, 8)
	d.r.Hold(1)
	d.accept(1, 1, 1<<40+6, 1<<40+7)
	d.r.Listen(1, 1)
	d.expect(fmt.Sprintf("1, suspect 2-%d", 1<<40+5))
}

func TestListenSkipsForward(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Listen(1, 1)
	d.accept(1, 4, 6, 9)
	d.expect("suspect 1-3, suspect 5-5, suspect 7-8")
	d.r.Listen(1, 3) // into the middle of a gap: nothing is reported twice
	d.expect("")
	d.r.Listen(1, 4)
	d.expect("4")
	d.r.Listen(1, 8) // over a buffered one, into another gap
	d.expect("")
	d.refuse(1, 6, ErrDuplicate)
	d.after(testGrace)
	d.expect("drop 8-8, 9")
	d.r.Listen(1, 1000) // beyond everything
	d.expect("")
	d.refuse(1, 999, ErrDuplicate)
	d.step(1, 1000, "1000")
}

func TestListenGoesBack(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Listen(1, 1)
	d.accept(1, 1)
	d.expect("1")
	d.accept(1, 2)
	d.expect("2")
	d.accept(1, 3)
	d.expect("3")
	d.accept(1, 5)
	d.expect("suspect 4-4")
	d.r.Hold(1)
	d.r.Put(1, 3, []byte(payloadOf(1, 3)))
	d.r.Listen(1, 2)
	d.expect("suspect 2-2, suspect 4-4")
	d.after(testGrace)
	d.expect("drop 2-2, 3, drop 4-4, 5")
}

func TestListenBackKnowsWhatWasSeen(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Listen(1, 1)
	d.step(1, 1, "1")
	d.step(1, 2, "2")
	d.r.Listen(1, 1)
	d.expect("suspect 1-2") // they exist, so the next message is not needed
}

func TestSessionsNeverGoBack(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Hold(3)
	d.accept(3, 1)
	d.r.Listen(2, 1)
	d.r.Hold(2)
	d.r.Put(2, 2, []byte("x"))
	d.expect("")
	if d.r.Session() != 3 || d.r.NextNumber() != 0 {
		t.Errorf("position is %d/%d, expected to hold 3", d.r.Session(), d.r.NextNumber())
	}
	d.r.Listen(3, 0) // 0 is not a message number
	d.expect("1")
}

func TestHoldOfAHigherSessionDiscards(t *testing.T) {
	d := newDriver(t, 16)
	d.r.Hold(1)
	d.accept(1, 1, 2)
	d.r.Hold(2) // announced by the controller
	d.expect("")
	d.accept(2, 2)
	d.expect("") // no SessionTerminated for a known session
	d.r.Listen(2, 1)
	d.expect("suspect 1-1")
}

// A caller that does not call Next loses messages, but not their order.
func TestEventsNotPulled(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.accept(1, 1, 1, 2) // message 1 is not pulled, and counts as lost
	d.expect("suspect 1-1")
	d.step(1, 1, "1, 2")
}

func TestTimeDoesNotGoBack(t *testing.T) {
	d := newDriver(t, 8)
	d.r.Listen(1, 1)
	d.now = time.Second
	d.step(1, 2, "suspect 1-1")
	d.now = 0
	d.step(1, 4, "suspect 3-3")
	d.after(time.Second + testGrace)
	d.expect("drop 1-1, 2, drop 3-3, 4")
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	r := NewReceiver(ReceiverConfig{Group: testGroup, TokenKey: testKey, Grace: testGrace, Buffer: 64, MaxPayload: 64})
	r.Listen(1, 1)
	token := SessionToken(testKey, testGroup, 1)
	b := append(AppendHeader(nil, Header{Group: testGroup}), "payload"...)
	forged := append(AppendHeader(nil, Header{Group: testGroup}), "payload"...)
	var seq uint64
	var now time.Duration
	var ev Event
	claim := uint32(2)
	round := func() {
		// Two swapped, one lost, one duplicate, one forged.
		for _, n := range []uint64{2, 1, 3, 5, 5} {
			Stamp(b, 1, seq+n, token)
			_ = r.Receive(now, b)
			for r.Next(&ev) {
			}
		}
		claim++
		Stamp(forged, claim, 1, token)
		_ = r.Receive(now, forged)
		now += testGrace
		r.Tick(now)
		for r.Next(&ev) {
		}
		seq += 5
	}
	round()
	if allocs := testing.AllocsPerRun(1000, round); allocs != 0 {
		t.Errorf("%v allocations per round", allocs)
	}
	if got := r.NextNumber(); got != seq+1 {
		t.Errorf("next number is %d, expected %d", got, seq+1)
	}
}

func BenchmarkReceiveInOrder(b *testing.B) {
	r := NewReceiver(ReceiverConfig{Group: testGroup, TokenKey: testKey, Grace: testGrace, Buffer: 1024, MaxPayload: 1400})
	r.Listen(1, 1)
	token := SessionToken(testKey, testGroup, 1)
	datagram := append(AppendHeader(nil, Header{Group: testGroup}), make([]byte, 100)...)
	var ev Event
	var seq uint64
	b.ReportAllocs()
	for b.Loop() {
		seq++
		Stamp(datagram, 1, seq, token)
		if err := r.Receive(0, datagram); err != nil {
			b.Fatal(err)
		}
		for r.Next(&ev) {
		}
	}
}

// BenchmarkReceiveSwapped receives every pair of messages in the wrong order.
func BenchmarkReceiveSwapped(b *testing.B) {
	r := NewReceiver(ReceiverConfig{Group: testGroup, TokenKey: testKey, Grace: testGrace, Buffer: 1024, MaxPayload: 1400})
	r.Listen(1, 1)
	token := SessionToken(testKey, testGroup, 1)
	datagram := append(AppendHeader(nil, Header{Group: testGroup}), make([]byte, 100)...)
	var ev Event
	var i uint64
	b.ReportAllocs()
	for b.Loop() {
		Stamp(datagram, 1, (i^1)+1, token)
		i++
		if err := r.Receive(0, datagram); err != nil {
			b.Fatal(err)
		}
		for r.Next(&ev) {
		}
	}
}
