package replica

import (
	"net/netip"

	"github.com/netordered/nopaxos/replica/wire"
)

// Record is the durable record. A replica makes a change of it durable before it acts on the change.
type Record struct {
	View        wire.View // the promise: the replica acts in no view below it
	LastNormal  wire.View // last view in which it was in status normal
	Incarnation uint64    // how often it was started; 0 before the first start
	Epoch       uint64    // configuration epoch
}

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// EffectReplica sends Data, a sealed frame, to replica To. A frame longer than a datagram goes over the bulk
	// channel.
	EffectReplica EffectKind = iota + 1
	// EffectReplicas sends Data to every other replica.
	EffectReplicas
	// EffectGroup sends Data, a sealed frame, to the group through OUM.
	EffectGroup
	// EffectClient sends Data, a sealed frame that fits a datagram, to the client at Addr.
	EffectClient
	// EffectPersist makes Record durable. No later effect may happen before it has.
	EffectPersist
	// EffectReport reports to the controller that the sequencer of Session seems to have failed.
	EffectReport
	// EffectWork calls Work.Run, preferably on another goroutine, and then Core.Finished with Work.
	EffectWork
)

// Effect is an action that the core asks its caller to carry out. Effects are carried out in order. Every request
// causes one, so fields that few effects need are pointers.
type Effect struct {
	Kind    EffectKind
	Session uint32
	To      int
	Addr    netip.AddrPort
	Data    []byte // valid until Core.ClearEffects
	Record  *Record
	Work    *Work
}
