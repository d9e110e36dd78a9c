package replica

import "io"

// StateMachine is the service that is replicated. It must be deterministic: its results and its
// state are a function of the operations executed, in order, and of nothing else. The replica
// calls it from one goroutine.
type StateMachine interface {
	// Execute applies op and appends its result to result, which it returns. slot is the
	// operation's place in the log; it grows, with gaps. now is logical time in nanoseconds: the
	// same at every replica, it never goes back along the log, and is what expiry is to be decided
	// by. op is valid only during the call. An operation that cannot be carried out has a
	// result that says so; Execute has no error, because every replica would have the same.
	Execute(slot, now uint64, op, result []byte) []byte

	// Snapshot returns the state as it is now. The replica calls WriteTo once, later and perhaps
	// on another goroutine, while Execute goes on; Snapshot itself should be quick.
	Snapshot() (io.WriterTo, error)

	// Restore replaces the state by one that a Snapshot wrote. An error stops the replica.
	Restore(r io.Reader) error
}

// Undoer is what a StateMachine may be besides, so that a replica can take back what it executed
// ahead of the sync point without going back to a snapshot.
type Undoer interface {
	// Undo takes back every Execute at slots behind slot, the newest first.
	Undo(slot uint64)
	// Release says that nothing at or below slot will be taken back any more.
	Release(slot uint64)
}
