package replica

import "io"

// StateMachine is the replicated service. It must be deterministic: its results and its state depend on the
// sequence of executed operations and on nothing else. The replica calls it from one goroutine.
type StateMachine interface {
	// Execute applies op and appends its result to result, which it returns. slot is the operation's position in
	// the log; it increases from call to call, not always by one. now is logical time in nanoseconds: it is the
	// same at every replica, never decreases along the log, and must be the clock for expiry. op is valid only
	// during the call. Execute returns no error: an operation that fails has a result that says so, the same at
	// every replica.
	Execute(slot, now uint64, op, result []byte) []byte

	// Snapshot returns the current state. The replica calls WriteTo once, later and perhaps on another goroutine,
	// while it goes on calling Execute; Snapshot itself should be quick.
	Snapshot() (io.WriterTo, error)

	// Restore replaces the state by one that a Snapshot wrote. An error stops the replica.
	Restore(r io.Reader) error
}

// Undoer is an optional interface of a StateMachine. With it a replica rolls back operations that it executed
// ahead of the sync point one by one, instead of restoring a snapshot and executing the log behind it.
type Undoer interface {
	// Undo reverts every Execute at slots above slot, the newest first.
	Undo(slot uint64)
	// Release promises that no operation at or below slot will be undone.
	Release(slot uint64)
}
