package limits

import "fmt"

// Replica bounds the memory of a replica. The bounds are each replica's own: they need not be equal within a group.
type Replica struct {
	// SyncSlots is the largest number of slots between two sync points. Raising it has the effects of a longer
	// Timing.SyncInterval, under load.
	SyncSlots uint64 `yaml:"sync_slots,omitempty" default:"1000"`
	// Window is the number of slots kept behind a missing message, a power of two. A message beyond it is dropped and fetched
	// later. Raising it costs memory for as many messages; it should cover those of several round trips.
	Window uint64 `yaml:"window_slots,omitempty" default:"16384" min:"16" max:"1048576"`
	// MaxLog is the number of slots that the log may hold, at least twice SyncSlots. At half of it the replica takes a snapshot
	// and truncates; at the limit it drops messages, and the leader answers FULL. Raising it costs about 70 bytes for each
	// slot besides the payload.
	MaxLog uint64 `yaml:"log_slots,omitempty" default:"262144"`
	// MaxLogSize is the total size in bytes of the payloads that the log may hold, with the effects of MaxLog. A view change
	// may transfer as much; the largest value keeps a log within one message of the bulk channel.
	MaxLogSize int `yaml:"log_bytes,omitempty" default:"134217728" max:"201326592"`
	// KeepLog is the number of slots kept below the sync point while the log is less than half full. Raising it costs their
	// memory and lets replicas that lag further catch up without a snapshot.
	KeepLog uint64 `yaml:"keep_slots,omitempty" default:"16384"`
	// Snapshot is the number of slots between two snapshots. Raising it saves copying what the first change after a snapshot
	// touches, and keeps as many more slots in the log. A replica holds two snapshots and, for each other
	// replica that fetches one, that one, until the transfer ends or has rested for a second. Each is a view of the state and
	// retains what the operations behind it have overwritten or deleted.
	Snapshot uint64 `yaml:"snapshot_slots,omitempty" default:"32768"`
	// Chunk is the size in bytes of the pieces in which a replica sends its log or snapshot to another, at least the MTU. Raising
	// it saves round trips and holds up the event loop of both replicas for longer at a time.
	Chunk int `yaml:"chunk_bytes,omitempty" default:"262144" max:"201326592"`
}

// Error is a contradiction between a key and another.
type Error struct {
	Key      string // in the cluster file
	Problem  string
	Expected string
}

// Error returns "key problem, expected …".
func (e *Error) Error() string { return e.Key + " " + e.Problem + ", expected " + e.Expected }

// Check returns the first contradiction among the limits of a replica whose datagrams have up to mtu bytes, or nil. Every
// field must be set.
func (r *Replica) Check(mtu int) *Error {
	switch {
	case r.Window&(r.Window-1) != 0:
		return &Error{"window_slots", fmt.Sprintf("is %d", r.Window), "a power of two"}
	case r.MaxLog < 2*r.SyncSlots:
		return &Error{"log_slots", fmt.Sprintf("is %d and sync_slots is %d", r.MaxLog, r.SyncSlots), "log_slots to be at least twice sync_slots"}
	case r.Chunk < mtu:
		return &Error{"chunk_bytes", fmt.Sprintf("is %d and the MTU is %d bytes", r.Chunk, mtu), "chunk_bytes to be at least the MTU"}
	}
	return nil
}
