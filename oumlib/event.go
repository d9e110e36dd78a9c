package oumlib

import "fmt"

// EventKind is the kind of an Event.
type EventKind uint8

const (
	// Deliver delivers one message.
	Deliver EventKind = iota + 1
	// Suspect reports that messages are missing: later ones have arrived. They may still arrive late, or a peer
	// may have them.
	Suspect
	// Drop reports that messages are still missing after the grace period. The receiver never delivers them and
	// continues with the number behind them.
	Drop
	// SessionTerminated reports that a sequencer stamps with a higher session. The receiver delivers no more
	// messages of the old session, and none of the new one until Listen.
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

// Event is an event of a Receiver (OSDI 2016 §3.2, the OUM interface).
type Event struct {
	Kind        EventKind
	Session     uint32 // of the numbers; in SessionTerminated the new one
	First, Last uint64 // message numbers, inclusive; equal in Deliver, 0 in SessionTerminated
	// Payload is the message without its OUM header, in Deliver only. It is valid until the next call of Receive,
	// Tick, Put, Hold or Listen.
	Payload []byte
}
