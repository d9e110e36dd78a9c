package oumlib

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// Why Receive discarded a datagram, beside the errors of ParseHeader. They carry no detail so that
// rejecting costs nothing; Stats counts them.
var (
	ErrGroup       = errors.New("oumlib: message of another group")
	ErrUnsequenced = errors.New("oumlib: message was not stamped by a sequencer")
	ErrStale       = errors.New("oumlib: message of a session below the current one")
	ErrToken       = errors.New("oumlib: session token is wrong")
	ErrNumber      = errors.New("oumlib: message number is 0 or 2^64-1, expected one between")
	ErrPayload     = errors.New("oumlib: payload is longer than the receiver's limit")
	ErrDuplicate   = errors.New("oumlib: message number was delivered, dropped or buffered before")
	ErrFar         = errors.New("oumlib: message number is further ahead than the window, not confirmed yet")
	ErrOverflow    = errors.New("oumlib: no room in the buffer behind an open gap")
)

const (
	// DefaultWindow is how far ahead a message number may be before another message has to
	// confirm it.
	DefaultWindow = 1 << 20
	// DefaultBuffer is how many messages a receiver holds behind gaps.
	DefaultBuffer = 1 << 12
	// DefaultMaxPayload is the longest payload, in bytes: that of the largest UDP datagram.
	DefaultMaxPayload = 65507 - HeaderLen
)

// ReceiverConfig is what a receiver is told at its start.
type ReceiverConfig struct {
	Group      uint32        // the group's number, see GroupNumber
	TokenKey   []byte        // key of the session tokens, see SessionToken
	Grace      time.Duration // from noticing a gap to reporting it as dropped
	Buffer     int           // messages held at most, rounded up to a power of two; 0: DefaultBuffer
	MaxPayload int           // longest payload accepted, in bytes; 0: DefaultMaxPayload
	Window     uint64        // 0: DefaultWindow
}

// Receiver turns the stamped datagrams of one group into events. Within a session every message
// number from the one given to Listen up to the highest one seen is reported exactly once, in
// order, as delivered or as dropped. It is in one of two modes: holding a session, when it only
// buffers, and listening to one.
//
// After every call of Receive, Tick, Put or Listen the caller pulls events with Next until there
// are none. A Receiver is not safe for concurrent use.
type Receiver struct {
	group  uint32
	grace  time.Duration
	window uint64
	tokens *tokenBook

	session   uint32
	listening bool
	next      uint64 // the number that is delivered or dropped next, while listening
	// high is the highest number known to exist in the session: every number in [next, high] is
	// either in buf or in gaps. It outlives Hold, so that Listen may go back to a lower number.
	high uint64
	far  uint64 // a number beyond the window that waits for a second one; 0: none
	now  time.Duration
	due  time.Duration // the last Tick: gaps older than Grace then are dropped

	direct     []byte // the message numbered next, in the caller's memory; see haveDirect
	haveDirect bool
	terminated bool // SessionTerminated is to be reported

	buf     buffer
	gaps    gapList
	numbers []uint64 // scratch of Listen
	stats   Stats
}

// NewReceiver returns a receiver that holds session 0, in which there are no messages.
func NewReceiver(cfg ReceiverConfig) *Receiver {
	if cfg.Buffer <= 0 {
		cfg.Buffer = DefaultBuffer
	}
	if cfg.MaxPayload <= 0 {
		cfg.MaxPayload = DefaultMaxPayload
	}
	if cfg.Window == 0 {
		cfg.Window = DefaultWindow
	}
	r := &Receiver{
		group:  cfg.Group,
		grace:  cfg.Grace,
		window: cfg.Window,
		tokens: newTokenBook(cfg.TokenKey, cfg.Group),
		buf:    newBuffer(cfg.Buffer, cfg.MaxPayload),
	}
	r.tokens.setCurrent(0)
	return r
}

// Session returns the session that the receiver holds or listens to.
func (r *Receiver) Session() uint32 { return r.session }

// NextNumber returns the lowest number that was neither delivered nor dropped yet; 0 while holding.
func (r *Receiver) NextNumber() uint64 {
	if !r.listening {
		return 0
	}
	return r.next
}

// Deadline returns when Tick is needed next, or the largest Duration if it is not.
func (r *Receiver) Deadline() time.Duration {
	if !r.listening || r.gaps.empty() {
		return monotime.Never
	}
	return r.gaps.front().noticed + r.grace
}

// Tick tells the time: gaps whose grace period is over become Drop events. Receive alone never
// makes any, so a late arrival that is already in the socket's queue is still taken if the caller
// reads the queue before it ticks.
func (r *Receiver) Tick(now time.Duration) {
	r.setNow(now)
	r.due = r.now
}

func (r *Receiver) setNow(now time.Duration) {
	r.haveDirect, r.direct = false, nil
	r.now = max(r.now, now)
}

// Receive takes one OUM datagram, header and all. The error says why it was discarded. The
// datagram must stay untouched until the events have been pulled.
func (r *Receiver) Receive(now time.Duration, datagram []byte) error {
	r.setNow(now)
	h, payload, err := ParseHeader(datagram)
	if err == nil {
		err = r.receive(h, payload)
	}
	if err != nil {
		r.stats.count(err)
	}
	return err
}

func (r *Receiver) receive(h Header, payload []byte) error {
	switch {
	case h.Group != r.group:
		return ErrGroup
	case !h.Sequenced():
		return ErrUnsequenced
	case h.Session < r.session:
		// Whatever its token: it would be discarded in any case, and a token of an old
		// session is not worth an HMAC.
		return ErrStale
	case h.Token != r.tokens.expected(h.Session):
		return ErrToken
	case !validNumber(h.Seq):
		return ErrNumber
	case len(payload) > r.buf.limit:
		return ErrPayload
	}
	if h.Session > r.session {
		r.Hold(h.Session)
		r.terminated = true
		r.stats.Sessions++
	}
	if !r.listening {
		return r.hold(h.Seq, payload)
	}
	if h.Seq == r.next && !r.buf.has(h.Seq) {
		r.direct, r.haveDirect = payload, true
		return nil
	}
	return r.insert(h.Seq, payload)
}

// validNumber reports whether seq can be a message number. The highest one is excluded so that the
// number behind a message always exists.
func validNumber(seq uint64) bool { return seq != 0 && seq != math.MaxUint64 }

// hold buffers a message while no position is known. Of two numbers that share a slot the higher
// one stays: a replica that holds for long needs what is near the sequencer's present, and a
// number gone wild costs one slot.
func (r *Receiver) hold(seq uint64, payload []byte) error {
	switch s := r.buf.slot(seq); {
	case s.seq == seq:
		return ErrDuplicate
	case s.seq > seq:
		return ErrOverflow
	case s.seq != 0:
		r.buf.take(s.seq)
		r.stats.Overflow++
	}
	r.buf.put(seq, payload)
	return nil
}

// insert buffers a message while listening and opens or narrows the gap before or around it.
func (r *Receiver) insert(seq uint64, payload []byte) error {
	if seq < r.next || r.buf.has(seq) {
		return ErrDuplicate
	}
	if seq > r.high && seq-r.high > r.window && !r.confirmed(seq) {
		return ErrFar
	}
	if r.buf.slot(seq).seq != 0 {
		// As if the network had lost it: it is noticed with a later message.
		return ErrOverflow
	}
	r.buf.put(seq, payload)
	r.extend(seq)
	return nil
}

// extend notes that message seq, at least next, is held.
func (r *Receiver) extend(seq uint64) {
	if seq <= r.high {
		r.gaps.fill(seq)
		return
	}
	if seq-r.high > 1 {
		r.gaps.push(gap{first: r.high + 1, last: seq - 1, noticed: r.now})
	}
	r.high = seq
}

// confirmed reports whether a number beyond the window is confirmed by another such number near
// it, seen before. One alone may be a fault of the sequencer, and a repair of that many numbers
// would be far more expensive than waiting for one more message.
func (r *Receiver) confirmed(seq uint64) bool {
	first := r.far
	r.far = seq
	return first != 0 && first != seq && max(first, seq)-min(first, seq) <= r.window
}

// Hold delivers nothing from now on and buffers messages of session, whatever their numbers and
// within bounds, until Listen. What is buffered of this session stays, of lower sessions goes. A
// session below the current one changes nothing: sessions never go back.
func (r *Receiver) Hold(session uint32) {
	if session < r.session {
		return
	}
	r.haveDirect, r.direct = false, nil
	r.enter(session)
	r.listening = false
	r.gaps.clear()
}

// enter makes session, at least the current one, the current one.
func (r *Receiver) enter(session uint32) {
	r.far, r.terminated = 0, false
	if session == r.session {
		return
	}
	r.session, r.high, r.listening = session, 0, false
	r.buf.clear()
	r.gaps.clear()
	r.tokens.setCurrent(session)
}

// Put hands back a message of the current session that was delivered before or was found
// elsewhere. It is copied into the buffer if its number is not below NextNumber, it is not there
// yet and there is room.
func (r *Receiver) Put(session uint32, seq uint64, payload []byte) {
	r.haveDirect, r.direct = false, nil
	if session != r.session || !validNumber(seq) || len(payload) > r.buf.limit {
		return
	}
	if r.listening {
		_ = r.insert(seq, payload)
		return
	}
	_ = r.hold(seq, payload)
}

// Peek returns the payload of a buffered message. It is valid until the next call of Receive, Tick,
// Put, Hold or Listen.
func (r *Receiver) Peek(session uint32, seq uint64) ([]byte, bool) {
	if session != r.session || !r.buf.has(seq) {
		return nil, false
	}
	return r.buf.slot(seq).payload, true
}

// Listen delivers from number next of session on, also when the receiver listens already: so the
// protocol skips what it found elsewhere, or goes back. What is buffered of the session with a
// number of at least next stays and is delivered in its turn; the rest is discarded. What is
// missing up to the highest number seen is suspected anew unless it was suspected before and the
// position only moved forward. A session below the current one changes nothing.
func (r *Receiver) Listen(session uint32, next uint64) {
	if session < r.session {
		return
	}
	r.haveDirect, r.direct = false, nil
	next = max(next, 1)
	r.enter(session)
	if r.listening && next >= r.next {
		r.skip(next)
		return
	}
	r.listening, r.next = true, next
	r.gaps.clear()
	r.rebuild()
}

// skip moves the position forward within the session.
func (r *Receiver) skip(next uint64) {
	r.buf.discardBelow(r.next, next)
	r.gaps.skipTo(next)
	r.next = next
	r.high = max(r.high, next-1)
}

// rebuild finds out what is missing from next to the highest number seen or held.
func (r *Receiver) rebuild() {
	seen := r.high
	r.high = r.next - 1
	r.numbers = r.buf.appendNumbers(r.numbers[:0])
	slices.Sort(r.numbers)
	for i, seq := range r.numbers {
		if seq < r.next {
			r.buf.take(seq)
			continue
		}
		ahead := max(r.high, seen)
		lonely := i == len(r.numbers)-1 || r.numbers[i+1]-seq > r.window
		if seq > ahead && seq-ahead > r.window && lonely {
			r.buf.take(seq)
			r.far = seq
			continue
		}
		r.extend(seq)
	}
	if seen > r.high {
		r.gaps.push(gap{first: r.high + 1, last: seen, noticed: r.now})
		r.high = seen
	}
}

// Next stores the next event in ev and reports whether there is one.
func (r *Receiver) Next(ev *Event) bool {
	if r.terminated {
		r.terminated = false
		*ev = Event{Kind: SessionTerminated, Session: r.session}
		return true
	}
	if !r.listening {
		return false
	}
	if r.haveDirect {
		r.haveDirect = false
		if r.next > r.high {
			r.high = r.next
		} else {
			r.gaps.fill(r.next)
		}
		r.deliver(ev, r.direct)
		return true
	}
	if r.buf.has(r.next) {
		r.deliver(ev, r.buf.take(r.next))
		return true
	}
	if r.gaps.empty() {
		return false
	}
	if g, ok := r.gaps.untold(); ok {
		*ev = Event{Kind: Suspect, Session: r.session, First: g.first, Last: g.last}
		r.stats.Suspected += g.last - g.first + 1
		return true
	}
	if g := *r.gaps.front(); g.noticed+r.grace <= r.due {
		r.gaps.popFront()
		r.next = g.last + 1
		*ev = Event{Kind: Drop, Session: r.session, First: g.first, Last: g.last}
		r.stats.Dropped += g.last - g.first + 1
		return true
	}
	return false
}

// deliver makes ev the delivery of the message numbered next.
func (r *Receiver) deliver(ev *Event, payload []byte) {
	*ev = Event{Kind: Deliver, Session: r.session, First: r.next, Last: r.next, Payload: payload}
	r.next++
	r.stats.Delivered++
}

// Buffered returns how many messages the receiver holds: at most as many as its buffer has room for.
func (r *Receiver) Buffered() int { return r.buf.held }

// Gaps returns how many runs of missing numbers are open: at most one more than messages are held.
func (r *Receiver) Gaps() int { return r.gaps.len() }

// Stats returns the counters.
func (r *Receiver) Stats() Stats { return r.stats }
