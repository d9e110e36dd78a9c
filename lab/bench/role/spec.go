package role

import (
	"net/netip"
	"time"
)

// Spec says what a process is to be.
type Spec struct {
	Kind    string // one of the kinds below
	System  string // of a server or client: "nopaxos", or the name of another system
	Machine string // of a server: the state machine, MachineEcho or MachineKV
	Index   int    // which of the servers, sequencers or clients this is

	Replicas []Address      // of the group
	Listen   netip.AddrPort // of everything but servers
	Batch    int            // of a server that batches: requests; 0: its default
	Key      []byte         // cluster key
	Cluster  string         // path of the cluster file; empty: requests do not go through a sequencer
	MTU      int            // largest UDP payload in bytes
}

// Address is where a server is reached.
type Address struct {
	UDP netip.AddrPort
	TCP netip.AddrPort // what a datagram is too small for
}

// The kinds of processes.
const (
	KindServer    = "server"
	KindSequencer = "sequencer"
	KindClient    = "client"
	KindEcho      = "echo" // sends every datagram back to its source
	KindSink      = "sink" // receives, and says nothing
)

// What a client may talk to besides the replicas of a system.
const (
	// SystemNOPaxos is a group behind a sequencer.
	SystemNOPaxos = "nopaxos"
	// SystemEcho is a process of KindEcho.
	SystemEcho = "echo"
	// SystemSequencer is a sequencer alone: the first replica of its group is the client itself, so that
	// the client gets back what it sends.
	SystemSequencer = "sequencer"
)

// The state machines.
const (
	MachineEcho = "echo" // returns what it is given
	MachineKV   = "kv"   // the key-value store
)

// Order is what the harness wants of a process. Exactly one field is set.
type Order struct {
	Connect *Connect `json:",omitempty"` // clients: wait until an operation has been executed
	Load    *Load    `json:",omitempty"` // clients: make load
	Drop    *float64 `json:",omitempty"` // lose this share of the received datagrams, 0 to 1
	Stats   bool     `json:",omitempty"` // say what was used since the start
	Profile string   `json:",omitempty"` // ProfileStart, or ProfileStop
}

// The orders about a CPU profile. The answer to the second has it.
const (
	ProfileStart = "start"
	ProfileStop  = "stop"
)

// Connect bounds how long a client waits for its first operation.
type Connect struct{ Patience time.Duration }

// Load says how a client loads its system.
type Load struct {
	Begin   time.Time     // when the first operation is due
	WarmUp  time.Duration // not measured
	Measure time.Duration // measured

	// Callers is a closed loop: so many operations are outstanding at any time, and the next begins when
	// one ends. Rate is an open loop: operations are due at random times, as a Poisson process of so many
	// a second, whatever became of the earlier ones; latency counts from the time when one was due, so
	// that an operation that could not even be sent is not left out (coordinated omission). One of
	// them is set.
	Callers int
	Rate    float64

	Workload  string // see Workloads
	ValueSize int    // in bytes, of operations or of values
	Keys      int    // there are in the store
	Limit     int    // operations after which the load ends early; 0: none
	Timeline  bool   // fill in Result.Timeline and NewSession
	Seed      uint64
}

// Answer is what a process says to an order, and, with nothing set, that it is ready for the first one.
type Answer struct {
	Error  string  `json:",omitempty"`
	Stats  *Stats  `json:",omitempty"`
	Result *Result `json:",omitempty"`
	// Profile is a CPU profile of the process, compressed, as `go tool pprof` reads it.
	Profile []byte `json:",omitempty"`
}

// Stats is what a process has used since its start.
type Stats struct {
	Mallocs                   uint64 // objects allocated on the heap
	DatagramsIn, DatagramsOut uint64
}

// Result is what a client saw of a load.
type Result struct {
	Operations      uint64 // that ended within the measured time
	Failed          uint64 // operations with an error, of all
	Unfinished      uint64 // operations without an outcome when the client stopped waiting
	Retransmissions uint64 // requests sent again, warm-up included
	Mallocs         uint64 // objects allocated on the heap within the measured time
	Latencies       string // HdrHistogram of nanoseconds, encoded, see DecodeLatencies
	FirstError      string

	// Of a load with a Timeline: the operations of each millisecond, and when, counted from the begin of
	// the measured time, the first one ended in a later session than the one in which the load began;
	// 0: none did.
	Timeline   []uint32      `json:",omitempty"`
	NewSession time.Duration `json:",omitempty"`
}
