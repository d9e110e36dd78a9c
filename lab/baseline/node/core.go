package node

import (
	"io"
	"net/netip"
	"time"
)

// Core is a replica's protocol as a deterministic state machine. After every input its Effects must be carried out in
// order and cleared.
type Core interface {
	// Start makes the core take part. It is called once, before any other input.
	Start(now time.Duration)
	// Request takes a client's sealed REQUEST.
	Request(now time.Duration, frame []byte)
	// Message takes a sealed frame of another replica.
	Message(now time.Duration, frame []byte)
	// SnapshotWritten takes the result of an effect of kind Snapshot. The core keeps data.
	SnapshotWritten(now time.Duration, slot uint64, data []byte, err error)
	// Batch ends a batch of inputs that arrived together.
	Batch(now time.Duration)
	// Tick handles expired timers.
	Tick(now time.Duration)
	// Deadline returns the time of the next Tick.
	Deadline() time.Duration

	Effects() []Effect
	ClearEffects()
	// Err is not nil once the core's state contradicts its protocol. The core then ignores further input.
	Err() error
}

// EffectKind is the kind of an Effect.
type EffectKind uint8

const (
	// Replica sends Data, a sealed frame, to replica To, over the bulk channel if it is longer than a datagram.
	Replica EffectKind = iota + 1
	// Replicas sends Data to every other replica.
	Replicas
	// Client sends Data, a sealed frame that fits a datagram, to the client at Addr.
	Client
	// Snapshot calls State.WriteTo, and then Core.SnapshotWritten with the output and Slot.
	Snapshot
)

// Effect is an action that a core requests.
type Effect struct {
	Kind  EffectKind
	To    int
	Addr  netip.AddrPort
	Data  []byte // valid until Core.ClearEffects
	Slot  uint64
	State io.WriterTo
}
