package node

import (
	"io"
	"net/netip"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Outbox collects a core's effects in reused memory.
type Outbox struct {
	keys    nopaxos.Keys
	mtu     int
	effects []Effect
	buf     []byte // memory of the effects' data
}

// NewOutbox returns an empty outbox. mtu is the length of the longest datagram in bytes.
func NewOutbox(keys nopaxos.Keys, mtu int) Outbox { return Outbox{keys: keys, mtu: mtu} }

// Effects returns the effects in order. They are valid until Clear.
func (o *Outbox) Effects() []Effect { return o.effects }

// keepBuffer is the largest buffer, in bytes, kept for the next batch.
const keepBuffer = 4 << 20

// Clear removes the effects, which have been carried out.
func (o *Outbox) Clear() {
	clear(o.effects)
	o.effects = o.effects[:0]
	if cap(o.buf) > keepBuffer {
		o.buf = nil
	}
	o.buf = o.buf[:0]
}

// seal appends the sealed frame of a message to the buffer.
func (o *Outbox) seal(m wire.Message) []byte {
	at := len(o.buf)
	o.buf = wire.Append(o.buf, m, o.keys.Replica)
	return o.buf[at:len(o.buf):len(o.buf)]
}

// Send sends a message to a replica.
func (o *Outbox) Send(to int, m wire.Message) {
	o.effects = append(o.effects, Effect{Kind: Replica, To: to, Data: o.seal(m)})
}

// SendAll sends a message to every other replica.
func (o *Outbox) SendAll(m wire.Message) {
	o.effects = append(o.effects, Effect{Kind: Replicas, Data: o.seal(m)})
}

// Snapshot requests the snapshot at slot, written by state.
func (o *Outbox) Snapshot(slot uint64, state io.WriterTo) {
	o.effects = append(o.effects, Effect{Kind: Snapshot, Slot: slot, State: state})
}

// Reply sends a REPLY with a result, in several parts if it is longer than a datagram. A speculation, if not nil,
// precedes it.
func (o *Outbox) Reply(m *nopaxos.Reply, speculation *wire.Speculation, to netip.AddrPort, result []byte) {
	if !to.IsValid() || to.Port() == 0 {
		return
	}
	m.Total = uint32(len(result))
	part := o.mtu - nopaxos.ReplyOverhead
	if speculation != nil {
		part -= wire.SpeculationLen
	}
	for offset := 0; ; offset += part {
		m.Offset = uint32(offset)
		m.Part = result[offset:min(offset+part, len(result))]
		at := len(o.buf)
		if speculation != nil {
			o.buf = wire.AppendSpeculation(o.buf, speculation)
		}
		o.buf = nopaxos.AppendReply(o.buf, m)
		o.buf = o.keys.Client.Seal(o.buf, at)
		o.effects = append(o.effects, Effect{Kind: Client, Addr: to, Data: o.buf[at:len(o.buf):len(o.buf)]})
		if offset+part >= len(result) {
			return
		}
	}
}
