package role

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/transport"
)

// Spec describes the role of a process.
type Spec struct {
	Kind    string // one of the kinds below
	System  string // of a server or client: "nopaxos", or the name of another system
	Machine string // of a server: the state machine, MachineEcho or MachineKV
	Index   int    // of this server, sequencer or client among those of its kind

	Replicas []Address      // of the group
	Listen   netip.AddrPort // except for servers
	Batch    int            // of a server that batches: requests; 0: its default
	Key      []byte         // cluster key
	Cluster  string         // path of the cluster file; empty: requests do not go through a sequencer
	MTU      int            // largest UDP payload in bytes

	Datagrams int    // handled at a time, see transport.SetBatch; 0: the default
	Group     uint32 // of a NOPaxos replica without a cluster file: its group
	Dir       string // likewise: the directory of its record, which is created
	// Suspect takes the place of all times after which a replica suspects another or the sequencer; 0: their defaults.
	// It does not change the intervals of the cluster file.
	Suspect time.Duration
}

// Timing returns the intervals of a replica without a cluster file.
func (s *Spec) Timing() limits.Timing {
	return limits.Timing{SuspectLeader: s.Suspect, SuspectSequencer: s.Suspect, ViewChange: s.Suspect}
}

// Peers returns the addresses of the group's servers.
func (s *Spec) Peers() []transport.Peer {
	var list []transport.Peer
	for _, a := range s.Replicas {
		list = append(list, transport.Peer{Addr: a.UDP, Bulk: a.TCP})
	}
	return list
}

// Address has the addresses of a server.
type Address struct {
	UDP netip.AddrPort
	TCP netip.AddrPort // for messages that exceed a datagram
}

// The kinds of processes.
const (
	KindServer    = "server"
	KindSequencer = "sequencer"
	KindClient    = "client"
	KindEcho      = "echo" // sends every datagram back to its source
	KindSink      = "sink" // ignores every datagram
)

// Special systems.
const (
	// SystemNOPaxos is a group behind a sequencer.
	SystemNOPaxos = "nopaxos"
	// SystemEcho is a process of KindEcho.
	SystemEcho = "echo"
	// SystemSequencer is a sequencer alone. The client is the first replica of its group, so that the
	// client gets its own messages back.
	SystemSequencer = "sequencer"
)

// The state machines.
const (
	MachineEcho = "echo" // returns the operation
	MachineKV   = "kv"   // the key-value store
)

// Order is a command to a process. Exactly one field is set.
type Order struct {
	Connect *Connect `json:",omitempty"` // clients: wait until an operation has been executed
	Load    *Load    `json:",omitempty"` // clients: generate load
	Drop    *float64 `json:",omitempty"` // drop this share of the received datagrams, 0 to 1
	Stats   bool     `json:",omitempty"` // return the counters
	Profile string   `json:",omitempty"` // ProfileStart, or ProfileStop
}

// The profile orders. The answer to ProfileStop has the CPU profile.
const (
	ProfileStart = "start"
	ProfileStop  = "stop"
)

// Connect bounds the wait for a client's first operation.
type Connect struct{ Patience time.Duration }

// Load describes a client's load.
type Load struct {
	Begin   time.Time     // when the first operation is due
	WarmUp  time.Duration // not measured
	Measure time.Duration // measured

	// Exactly one of these is set. Callers is the number of callers of a closed loop, each with one operation
	// outstanding. Rate is the rate of an open loop: operations are due at the times of a Poisson process,
	// independent of earlier ones, and latency counts from the time at which an operation was due, to avoid
	// coordinated omission.
	Callers int
	Rate    float64

	Workload  string // see Workloads
	ValueSize int    // in bytes, of operations or of values
	Keys      int    // in the store
	Limit     int    // number of operations after which the load ends early; 0: none
	Timeline  bool   // fill in Result.Timeline and NewSession
	Seed      uint64
}

// Answer is the answer to an order. An empty one announces that the process takes orders.
type Answer struct {
	Error  string  `json:",omitempty"`
	Stats  *Stats  `json:",omitempty"`
	Result *Result `json:",omitempty"`
	// Profile is a CPU profile of the process, compressed, as `go tool pprof` reads it.
	Profile []byte `json:",omitempty"`
}

// Stats has the counters of a process since its start.
type Stats struct {
	Mallocs                   uint64 // objects allocated on the heap
	DatagramsIn, DatagramsOut uint64
}

// Result is the result of a client's load.
type Result struct {
	Operations      uint64 // completed within the measured time
	Failed          uint64 // operations with an error, at any time
	Unfinished      uint64 // operations without an outcome when the client stopped waiting
	Retransmissions uint64 // warm-up included
	Mallocs         uint64 // objects allocated on the heap within the measured time
	Latencies       string // HdrHistogram of nanoseconds, encoded, see DecodeLatencies
	FirstError      string

	// For a load with a Timeline: the operations completed in each millisecond, and the time, from the
	// beginning of the measured time, of the first completion in a later session than that at the start of
	// the load; 0: there was none.
	Timeline   []uint32      `json:",omitempty"`
	NewSession time.Duration `json:",omitempty"`
}
