package replicaloop

import (
	"time"

	"github.com/netordered/nopaxos/replica"
)

// Process is the process around a replica's event loop, whatever the protocol.
type Process interface {
	// Aside runs work beside the loop, and then runs on the loop the function that work returns.
	Aside(work func() (then func(now time.Duration)))
	// Fail ends the replica for good.
	Fail(error)
}

// Host is the process around the event loop of a NOPaxos replica.
type Host interface {
	Process
	// Save returns once the record is durable.
	Save(replica.Record) error
	// Report tells the controller that the sequencer of a session seems dead.
	Report(session uint32)
	// Publish makes the replica's status available outside the loop.
	Publish(replica.Status)
}
