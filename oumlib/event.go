package oumlib

import "fmt"

// EventKind says what an Event is.
type EventKind uint8

const (
	// Deliver hands over one message.
	Deliver EventKind = iota + 1
	// Suspect says that messages are missing: later ones have arrived. They may still come, as
	// late arrivals or by way of a peer.
	Suspect
	// Drop says that messages are still missing after the grace period. Their numbers are used
	// up: the receiver goes on behind them and never delivers them.
	Drop
	// SessionTerminated says that a sequencer stamps with a higher session. Nothing more of the
	// old one is delivered, and nothing of the new one until Listen.
	SessionTerminated
)

func (k EventKind) String() string {
	switch k {
	case Deliver:
		return "DELIVER"
	case Suspect:
		return "SUSPECT"
	case Drop:
		return "DROP"
	case SessionTerminated:
		return "SESSION-TERMINATED"
	}
	return fmt.Sprintf("EVENT-%d", uint8(k))
}

// Event is what a Receiver has to say (OSDI 2016 §3.2, the OUM interface).
type Event struct {
	Kind        EventKind
	Session     uint32 // the session of the numbers; the new one in SessionTerminated
	First, Last uint64 // message numbers, both included; equal in Deliver, 0 in SessionTerminated
	// Payload is what follows the OUM header, in Deliver only. It is valid until the next call of
	// Receive, Tick, Put, Hold or Listen.
	Payload []byte
}
