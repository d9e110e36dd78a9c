package vr

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// Protocol is what makes a system of a [Replica]: its normal operation. All of it is called in status
// normal, except for Merge and Executed.
type Protocol interface {
	// Request takes an authentic request. body is what the log keeps, tag its digest under the clients'
	// key.
	Request(req *nopaxos.Request, body []byte, tag nopaxos.Digest)
	// Message takes a message of the view that the Replica does not handle itself.
	Message(from int, m wire.Message)
	// Merge chooses the log of the view that this replica is about to lead, from the promises of f+1
	// replicas or more: the entries behind slot commit, which is the highest that any of them knows to
	// be committed. They may alias the promises.
	Merge(votes []*wire.DoViewChange, commit uint64) [][]byte
	// Entered says that the replica has entered a view, with the log that it starts with.
	Entered()
	// Grown says that missing entries have come by state transfer.
	Grown()
	// Executed says that the request at a slot was executed, now or by a log that was brought here.
	Executed(slot uint64, req *nopaxos.Request)
	// Batch ends a batch of inputs.
	Batch()
	// Tick does what is due, and Deadline is when that is next.
	Tick()
	Deadline() time.Duration
}
