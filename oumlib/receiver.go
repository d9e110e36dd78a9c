package oumlib

import (
	"errors"
	"math"
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// Errors of Receive, besides those of ParseHeader: the reasons to discard a datagram. They carry no detail, so
// that rejecting allocates nothing; Stats counts them.
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
	// defaultWindow is the default of ReceiverConfig.Window.
	defaultWindow = 1 << 20
	// defaultBuffer is the default of ReceiverConfig.Buffer.
	defaultBuffer = 1 << 12
	// defaultMaxPayload is the default of ReceiverConfig.MaxPayload: the payload of the largest UDP datagram.
	defaultMaxPayload = 65507 - HeaderLen
)

// ReceiverConfig configures a Receiver.
type ReceiverConfig struct {
	Group      uint32        // the group's number, see GroupNumber
	TokenKey   []byte        // key of the session tokens, see SessionToken
	Grace      time.Duration // from noticing a gap to reporting it as dropped
	Buffer     int           // most messages held behind gaps, rounded up to a power of two; 0: 4096
	MaxPayload int           // longest payload accepted, in bytes; 0: the longest of UDP
	Window     uint64        // how far ahead a number may be before another message must confirm it; 0: 2^20
}

// Receiver turns the stamped datagrams of one group into events. It either holds a session, buffering its
// messages, or listens to it. Within a session it reports every message number from the one passed to Listen to
// the highest one seen exactly once, in order, as delivered or as dropped.
//
// After every call of Receive, Tick, Put or Listen the caller calls Next until there are no more events. A
// Receiver is not safe for concurrent use.
type Receiver struct {
	group  uint32
	grace  time.Duration
	window uint64
	tokens *tokenBook

	session   uint32
	listening bool
	next      uint64 // the next number to deliver or drop, while listening
	// high is the highest number known to exist in the session: every number in [next, high] is either in buf or
	// in gaps. Hold keeps it, because Listen may go back to a lower number.
	high uint64
	far  uint64 // a number beyond the window that awaits confirmation by a second one; 0: none
	now  time.Duration
	due  time.Duration // time of the last Tick: gaps that were Grace old by then are dropped

	direct     []byte // if haveDirect: message next, in the caller's memory
	haveDirect bool
	terminated bool // SessionTerminated must be reported

	buf     buffer
	gaps    gapList
	numbers []uint64 // scratch of Listen
	stats   Stats
}

// NewReceiver returns a receiver that holds session 0, which has no messages.
func NewReceiver(cfg ReceiverConfig) *Receiver {
	if cfg.Buffer <= 0 {
		cfg.Buffer = defaultBuffer
	}
	if cfg.MaxPayload <= 0 {
		cfg.MaxPayload = defaultMaxPayload
	}
	if cfg.Window == 0 {
		cfg.Window = defaultWindow
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

// NextNumber returns the lowest number that was neither delivered nor dropped; 0 while holding.
func (r *Receiver) NextNumber() uint64 {
	if !r.listening {
		return 0
	}
	return r.next
}

// Deadline returns when Tick must be called next, or monotime.Never.
func (r *Receiver) Deadline() time.Duration {
	if !r.listening || r.gaps.empty() {
		return monotime.Never
	}
	return r.gaps.front().noticed + r.grace
}

// Tick reports gaps whose grace period is over as Drop events. Receive never does, so that a caller that reads
// the socket's queue before it calls Tick still takes late arrivals in the queue.
func (r *Receiver) Tick(now time.Duration) {
	r.setNow(now)
	r.due = r.now
}

func (r *Receiver) setNow(now time.Duration) {
	r.haveDirect, r.direct = false, nil
	r.now = max(r.now, now)
}

// Receive handles an OUM datagram, including its header. The error is the reason why it was discarded. The
// datagram must not change until Next has returned all events.
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
		// It is discarded whatever its token, so do not compute the token of an old session.
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

// validNumber reports whether seq can be a message number. The highest number is excluded, so that every message
// number has a successor.
func validNumber(seq uint64) bool { return seq != 0 && seq != math.MaxUint64 }

// hold buffers a message while holding. Of two numbers that share a slot the higher one stays: a replica that
// holds for long needs the newest messages, and a wrong number costs only one slot.
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

// insert buffers a message while listening, and opens or narrows a gap.
func (r *Receiver) insert(seq uint64, payload []byte) error {
	if seq < r.next || r.buf.has(seq) {
		return ErrDuplicate
	}
	if seq > r.high && seq-r.high > r.window && !r.confirmed(seq) {
		return ErrFar
	}
	if r.buf.slot(seq).seq != 0 {
		// Treat it as lost by the network: a later message will uncover it.
		return ErrOverflow
	}
	r.buf.put(seq, payload)
	r.extend(seq)
	return nil
}

// extend notes that message seq, which is at least next, is held.
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

// confirmed reports whether a number beyond the window is confirmed by an earlier one near it. A single such
// number may be a fault of the sequencer, and repairing that many numbers would cost far more than waiting for
// one more message.
func (r *Receiver) confirmed(seq uint64) bool {
	first := r.far
	r.far = seq
	return first != 0 && first != seq && max(first, seq)-min(first, seq) <= r.window
}

// Hold stops delivery: until Listen the receiver buffers messages of session, whatever their numbers, within
// bounds. It keeps buffered messages of this session and discards those of lower ones. A session below the
// current one has no effect, because sessions never decrease.
func (r *Receiver) Hold(session uint32) {
	if session < r.session {
		return
	}
	r.haveDirect, r.direct = false, nil
	r.enter(session)
	r.listening = false
	r.gaps.clear()
}

// enter makes session the current one; it is not below the current one.
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

// Put returns a message of the current session, which was delivered before or comes from elsewhere, to the
// buffer. It is copied if its number is not below NextNumber, it is not buffered yet and there is room.
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

// Listen starts delivery at number next of session. Called while listening, it skips messages that the protocol
// found elsewhere, or goes back. Buffered messages of the session from next on stay and will be delivered in
// order; the others are discarded. Missing numbers up to the highest seen are suspected again, unless the
// position only moved forward. A session below the current one has no effect.
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

// rebuild finds the gaps from next to the highest number seen or held.
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
	if g, ok := r.gaps.nextUnreported(); ok {
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

// deliver makes ev the delivery of message next.
func (r *Receiver) deliver(ev *Event, payload []byte) {
	*ev = Event{Kind: Deliver, Session: r.session, First: r.next, Last: r.next, Payload: payload}
	r.next++
	r.stats.Delivered++
}

// Buffered returns the number of messages held, which ReceiverConfig.Buffer bounds.
func (r *Receiver) Buffered() int { return r.buf.held }

// Gaps returns the number of open gaps, at most one more than messages held.
func (r *Receiver) Gaps() int { return r.gaps.len() }

// Stats returns the counters.
func (r *Receiver) Stats() Stats { return r.stats }
