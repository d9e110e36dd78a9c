package replica

import (
	"io"
	"net/netip"

	"github.com/netordered/nopaxos/replica/wire"
)

// Record is what a replica persists before it acts on it.
type Record struct {
	View        wire.View // the promise: the replica acts in no view below it
	LastNormal  wire.View // last view in which it was in status normal
	Incarnation uint64    // how often it was started; 0 before the first start
	Epoch       uint64    // configuration epoch
}

// EffectKind says what an Effect wants.
type EffectKind uint8

const (
	// EffectReplica sends Data, a sealed frame, to replica To. What is longer than a datagram goes
	// by the bulk channel.
	EffectReplica EffectKind = iota + 1
	// EffectReplicas sends Data to every other replica.
	EffectReplicas
	// EffectGroup sends Data, a sealed frame, to the group through OUM.
	EffectGroup
	// EffectClient sends Data, a sealed frame that fits a datagram, to the client at Addr.
	EffectClient
	// EffectPersist makes Record durable. No later effect may happen before it has.
	EffectPersist
	// EffectReport tells the controller that the sequencer of Session seems dead.
	EffectReport
	// EffectSnapshot calls Snapshot.WriteTo, and Core.SnapshotWritten with what it wrote and Slot.
	EffectSnapshot
)

// Effect is something that the core wants done. Effects are to be carried out in order. There is one for
// every request, so what only few need is behind a pointer.
type Effect struct {
	Kind     EffectKind
	Session  uint32
	To       int
	Addr     netip.AddrPort
	Data     []byte // valid until Core.ClearEffects
	Record   *Record
	Slot     uint64
	Snapshot io.WriterTo
}
