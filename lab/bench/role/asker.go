package role

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// asker is the client side of a measured system. Its methods are called on the client's event loop.
type asker interface {
	// invoke begins an operation; flush calls done with the tag when it has completed.
	invoke(now time.Duration, tag uint64, op []byte) error
	// abandon cancels all operations.
	abandon(now time.Duration)
	datagram(now time.Duration, b []byte)
	tick(now time.Duration)
	deadline() time.Duration
	flush(done func(tag uint64, err error))
	reroute(now time.Duration)
	retransmissions() uint64
	// session returns the session of the newest view in a reply, or 0 for a system without sessions.
	session() uint32
}

// coreAsker invokes operations on a group of replicas, through the core of the client library.
type coreAsker struct {
	core    *clientcore.Core
	courier clientcore.Courier
	network transport.Network
	open    []openCall
}

// openCall is an outstanding operation, at the index in the low half of its tag.
type openCall struct {
	ticket clientcore.Ticket
	open   bool
}

func (a *coreAsker) invoke(now time.Duration, tag uint64, op []byte) error {
	ticket, err := a.core.Invoke(now, tag, op)
	if err != nil {
		return err
	}
	i := int(uint32(tag))
	for i >= len(a.open) {
		a.open = append(a.open, openCall{})
	}
	a.open[i] = openCall{ticket, true}
	return nil
}

func (a *coreAsker) abandon(now time.Duration) {
	for i, c := range a.open {
		if c.open {
			a.core.Cancel(now, c.ticket)
		}
		a.open[i] = openCall{}
	}
}

func (a *coreAsker) datagram(now time.Duration, b []byte) { a.core.Reply(now, b) }
func (a *coreAsker) tick(now time.Duration)               { a.core.Tick(now) }
func (a *coreAsker) deadline() time.Duration              { return a.core.Deadline() }
func (a *coreAsker) reroute(now time.Duration)            { a.core.Reroute(now) }
func (a *coreAsker) retransmissions() uint64              { return a.core.Stats().Retransmissions }
func (a *coreAsker) session() uint32                      { return a.core.Stats().View.Session }

// flush carries out the core's effects, including those of operations that done begins.
func (a *coreAsker) flush(done func(tag uint64, err error)) {
	for i := 0; i < len(a.core.Effects()); i++ {
		e := &a.core.Effects()[i]
		switch e.Kind {
		case clientcore.EffectGroup:
			a.courier.Send(a.network, e)
		case clientcore.EffectDone:
			tag, err := e.Tag, e.Err // done may move the effects
			a.open[uint32(tag)].open = false
			done(tag, err)
		}
	}
	a.core.ClearEffects()
}

// reflectAsker talks to a peer that reflects datagrams: a bare echo server, or a sequencer whose group has the
// client as a replica. A datagram has the size of a request with the same operation. It is sent again if it
// does not come back in time.
type reflectAsker struct {
	network transport.Network
	to      func() netip.AddrPort
	header  int            // bytes that precede the payload in a reflected datagram
	sender  *oumlib.Sender // nil: no OUM header is sent
	frame   []byte
	out     []byte
	ended   []uint64
	open    []pending
	again   uint64
}

// pending is an outstanding datagram, at the index in the low half of its tag.
type pending struct {
	tag  uint64
	sent time.Duration
	size int // of the operation
	open bool
}

// reflectPatience is the time after which an outstanding datagram is sent again.
const reflectPatience = 50 * time.Millisecond

func (a *reflectAsker) invoke(now time.Duration, tag uint64, op []byte) error {
	i := int(uint32(tag))
	for i >= len(a.open) {
		a.open = append(a.open, pending{})
	}
	a.open[i] = pending{tag, now, len(op), true}
	a.send(tag, len(op))
	return nil
}

// send sends a datagram of the size of a request.
func (a *reflectAsker) send(tag uint64, size int) {
	size += wire.RequestOverhead
	for len(a.frame) < size {
		a.frame = append(a.frame, 0)
	}
	b := a.frame[:size]
	binary.BigEndian.PutUint64(b, tag)
	if a.sender != nil {
		datagram, err := a.sender.Append(a.out[:0], b)
		if err != nil {
			return // cannot happen: operations fit
		}
		a.out, b = datagram, datagram
	}
	a.network.Send(a.to(), b)
}

func (a *reflectAsker) abandon(time.Duration) { clear(a.open) }

func (a *reflectAsker) datagram(_ time.Duration, b []byte) {
	if len(b) < a.header+8 {
		return
	}
	tag := binary.BigEndian.Uint64(b[a.header:])
	if i := int(uint32(tag)); i < len(a.open) && a.open[i].open && a.open[i].tag == tag {
		a.open[i].open = false
		a.ended = append(a.ended, tag)
	}
}

func (a *reflectAsker) tick(now time.Duration) {
	for i := range a.open {
		if p := &a.open[i]; p.open && now-p.sent >= reflectPatience {
			p.sent = now
			a.again++
			a.send(p.tag, p.size)
		}
	}
}

// deadline returns the time of the next retransmission.
func (a *reflectAsker) deadline() time.Duration {
	at := monotime.Never
	for i := range a.open {
		if a.open[i].open {
			at = min(at, a.open[i].sent+reflectPatience)
		}
	}
	return at
}

func (a *reflectAsker) flush(done func(tag uint64, err error)) {
	for i := 0; i < len(a.ended); i++ {
		done(a.ended[i], nil)
	}
	a.ended = a.ended[:0]
}

func (a *reflectAsker) reroute(time.Duration)   {}
func (a *reflectAsker) retransmissions() uint64 { return a.again }
func (a *reflectAsker) session() uint32         { return 0 }
