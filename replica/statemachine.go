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

	// Snapshot returns the current state. It should take constant time, and the result share with the state what
	// does not change: the replica takes one every few thousand slots, holds up to three, and seldom writes any. It
	// calls WriteTo when another replica needs the state, possibly several times and at once, on other goroutines,
	// while it goes on calling Execute; each time WriteTo writes the same bytes.
	Snapshot() (io.WriterTo, error)

	// Restore replaces the state by one that a Snapshot wrote. An error stops the replica.
	Restore(r io.Reader) error
}

// Loader is an optional interface of a StateMachine. Without it a replica that fetches a snapshot keeps the encoded
// state in memory until all of it has arrived, and executes nothing during Restore.
type Loader interface {
	// Load reads a state that a Snapshot wrote while it arrives, and leaves the current state as it is. The replica
	// calls it on another goroutine and goes on calling Execute, or gives the transfer up: then r returns an error,
	// which Load returns. It fetches a snapshot again that Load refuses. install replaces the current state by the
	// one that was read, in constant time. The replica calls it at most once, in place of Restore.
	Load(r io.Reader) (install func(), err error)
}

// Undoer is an optional interface of a StateMachine. With it a replica rolls back operations that it executed
// ahead of the sync point one by one, instead of restoring a snapshot and executing the log behind it.
type Undoer interface {
	// Undo reverts every Execute at slots above slot, the newest first.
	Undo(slot uint64)
	// Release promises that no operation at or below slot will be undone.
	Release(slot uint64)
}
