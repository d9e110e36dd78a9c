package clientcore

import (
	"encoding/binary"

	"github.com/netordered/nopaxos/internal/codec"
	"github.com/netordered/nopaxos/replica/wire"
)

// AppendState appends the core's state in a canonical form: two cores of the same configuration with equal forms
// react alike to the same inputs, provided that all effects have been carried out and that retransmissions may be
// due at any moment. The form omits counters, reused memory and times; TestStateIsComplete lists the omitted fields.
func (c *Core) AppendState(b []byte) []byte {
	b = appendUints(b, c.id.Hi, c.id.Lo, c.nonce.Hi, c.nonce.Lo, c.view.Leader, uint64(c.view.Session))
	b = appendUints(b, c.incarnations...)
	b = c.registering.appendState(b)
	b = appendUints(b, c.low, c.nextID, uint64(c.inFlight))
	for id := c.low; id < c.nextID; id++ {
		b = c.outstanding(id).appendState(b)
	}
	b = appendUints(b, uint64(c.waiting.len))
	for r := c.waiting.first; r != nil; r = r.next {
		b = r.appendState(b)
	}
	// The last answer has no further influence. Writing it only makes an explorer distinguish more states.
	b = appendUints(wire.AppendReply(b, &c.answer.Reply), c.answer.Log.Hi, c.answer.Log.Lo)
	return codec.AppendBool(codec.AppendBool(b, c.answer.Final), c.stopped)
}

func (r *request) appendState(b []byte) []byte {
	if b = codec.AppendBool(b, r != nil); r == nil {
		return b
	}
	b = appendUints(b, r.tag, uint64(len(r.op)))
	b = append(b, r.op...)
	b = appendUints(b, r.id, uint64(r.sent), uint64(r.nextTally))
	for i := range r.tallies {
		t := &r.tallies[i]
		b = appendCandidate(b, t.view, t.log, t.status)
		b = codec.AppendBool(appendUints(b, t.slot), t.final)
		b = appendUints(b, t.voters[:]...)
	}
	a := &r.result
	b = appendCandidate(b, a.view, a.log, a.status)
	b = appendUints(b, uint64(len(a.buf)))
	b = append(b, a.buf...)
	b = appendUints(b, uint64(len(a.received)))
	for _, s := range a.received {
		b = appendUints(b, uint64(s.from), uint64(s.to))
	}
	return b
}

func appendCandidate(b []byte, view wire.View, log wire.Digest, status wire.Status) []byte {
	return appendUints(b, view.Leader, uint64(view.Session), log.Hi, log.Lo, uint64(status))
}

func appendUints(b []byte, values ...uint64) []byte {
	for _, v := range values {
		b = binary.AppendUvarint(b, v)
	}
	return b
}
