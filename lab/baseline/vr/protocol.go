package vr

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Protocol is the normal operation of a [Replica]. Its methods, except for Merge and Executed, are called in status
// normal.
type Protocol interface {
	// Request takes an authentic request. The log keeps body; tag is its digest under the clients' key.
	Request(req *nopaxos.Request, body []byte, tag nopaxos.Digest)
	// Message takes a message of the current view that the Replica does not handle itself.
	Message(from int, m wire.Message)
	// Merge chooses the log of the view that this replica is about to lead from the promises of f+1 or more
	// replicas: it returns the entries behind slot commit, the highest commit among the promises. The entries may
	// alias the promises.
	Merge(votes []*wire.DoViewChange, commit uint64) [][]byte
	// Entered says that the replica has entered a view; Log is the view's initial log.
	Entered()
	// Grown says that a state transfer has added missing entries.
	Grown()
	// Executed says that the request at a slot was executed.
	Executed(slot uint64, req *nopaxos.Request)
	// Batch ends a batch of inputs.
	Batch()
	// Tick handles expired timers; Deadline returns the next one.
	Tick()
	Deadline() time.Duration
}
