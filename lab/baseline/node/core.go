package node

import (
	"io"
	"net/netip"
	"time"
)

// Core is a replica's protocol as a deterministic state machine. After any input its Effects are to be
// carried out in order and cleared.
type Core interface {
	// Start begins to take part. It is called once, before any other input.
	Start(now time.Duration)
	// Request takes a client's sealed REQUEST.
	Request(now time.Duration, frame []byte)
	// Message takes a sealed frame of another replica.
	Message(now time.Duration, frame []byte)
	// SnapshotWritten takes the outcome of an effect of kind Snapshot. The core keeps data.
	SnapshotWritten(now time.Duration, slot uint64, data []byte, err error)
	// Batch says that the inputs that arrived together have all been handed over.
	Batch(now time.Duration)
	// Tick does what is due.
	Tick(now time.Duration)
	// Deadline is when Tick wants to be called next.
	Deadline() time.Duration

	Effects() []Effect
	ClearEffects()
	// Err is not nil once the core found its own state in contradiction with its protocol; it then
	// takes no more input.
	Err() error
}

// EffectKind says what an Effect wants.
type EffectKind uint8

const (
	// Replica sends Data, a sealed frame, to replica To. What is longer than a datagram goes by the
	// bulk channel.
	Replica EffectKind = iota + 1
	// Replicas sends Data to every other replica.
	Replicas
	// Client sends Data, a sealed frame that fits a datagram, to the client at Addr.
	Client
	// Snapshot calls State.WriteTo, and Core.SnapshotWritten with what it wrote and Slot.
	Snapshot
)

// Effect is something that a core wants done.
type Effect struct {
	Kind  EffectKind
	To    int
	Addr  netip.AddrPort
	Data  []byte // valid until Core.ClearEffects
	Slot  uint64
	State io.WriterTo
}
