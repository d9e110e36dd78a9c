package sim

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica"
)

// Profile is a mix of network conditions and faults.
type Profile string

// The profiles. Each seed draws its own rates, so some runs have none of a kind of fault and some have many (swarm
// testing, Groce et al., ISSTA 2012).
const (
	Calm     Profile = "calm"     // no faults or loss, small delays: only the fast path
	Lossy    Profile = "lossy"    // loss, duplication, reordering; no node fails
	Chaos    Profile = "chaos"    // all faults
	Failover Profile = "failover" // sequencers crash, restart, or continue old sessions; the controller crashes
	Recovery Profile = "recovery" // replicas crash, restart without their logs, stall
)

// Profiles lists all profiles.
func Profiles() []Profile { return []Profile{Calm, Lossy, Chaos, Failover, Recovery} }

// ParseProfile returns the profile with a name.
func ParseProfile(name string) (Profile, error) {
	for _, p := range Profiles() {
		if string(p) == name {
			return p, nil
		}
	}
	return "", fmt.Errorf("sim: profile %q, expected one of %v", name, Profiles())
}

// settings are a seed's parameters for a run, other than the plan of faults.
type settings struct {
	replicas   int
	sequencers int
	clients    int
	core       replica.Config // without Self

	undo        bool          // the state machine can undo
	load        time.Duration // end of new operations and faults
	settle      time.Duration // liveness bound: everything must complete within this time after load
	think       time.Duration // mean time between a client's operations
	outstanding int           // operations in flight per client
	window      int           // how many of them may have been sent
	wide        int           // per million: operations whose result exceeds a datagram
	brimful     int           // per million: operations that fill a datagram
	multi       int           // per million: operations on several registers
	span        int           // number of adjacent registers that those are drawn from

	latency   time.Duration // least one-way delay
	jitter    time.Duration // mean of the additional delay
	uneven    bool          // links and their two directions differ in latency and jitter
	fifo      bool          // links keep order
	loss      int           // per million datagrams
	duplicate int           // per million
	straggler int           // per million: delayed by up to late
	late      time.Duration
	pipeline  int // per million: packets that the sequencer delays between lookup and stamp
	corrupt   int // per million: datagrams with a flipped bit
	bulkBreak int // per million bulk messages
	skew      int // permille by which clocks run fast or slow, at most
}

// fewOutstanding bounds the operations in flight that may touch all registers. The linearizability check must try the
// orders of all overlapping operations on connected registers.
const fewOutstanding = 4

const (
	pipelineMax = 2 * time.Millisecond
	loadTime    = 400 * time.Millisecond
	settleTime  = 1500 * time.Millisecond
)

// draw returns the settings of a seed.
func draw(seed uint64, profile Profile) settings {
	r := stream(seed, purposeSettings)
	s := settings{
		replicas:    pick(&r, 3, 3, 3, 3, 5),
		sequencers:  pick(&r, 2, 2, 3),
		clients:     r.between(1, 4),
		undo:        r.below(2) == 0,
		load:        loadTime,
		settle:      settleTime,
		think:       pick(&r, 500*time.Microsecond, time.Millisecond, 3*time.Millisecond),
		outstanding: pick(&r, 1, 1, 2, 4, 8),
		latency:     pick(&r, 20*time.Microsecond, 50*time.Microsecond),
		jitter:      10 * time.Microsecond,
		fifo:        true,
	}
	s.core = drawCore(&r, s.replicas)
	s.window = s.outstanding - r.below((s.outstanding+1)/2)
	s.multi, s.span = pick(&r, 0, 20_000, 200_000), pick(&r, 2, 3, registers.Count)
	if s.clients*s.outstanding > fewOutstanding {
		s.span = 2
	}
	if profile == Calm {
		s.core.MaxLog, s.core.MaxLogSize, s.core.MaxClients = 1<<12, 1<<20, 16
		return s
	}
	s.late = pick(&r, 3*time.Millisecond, 30*time.Millisecond)
	s.wide = pick(&r, 0, 5_000, 50_000)
	s.brimful = pick(&r, 0, 0, 5_000, 50_000)
	s.uneven = r.below(3) == 0
	s.skew = pick(&r, 0, 1, 10)
	s.fifo = r.below(3) == 0
	s.jitter = pick(&r, 10*time.Microsecond, 50*time.Microsecond, 200*time.Microsecond)
	s.bulkBreak = pick(&r, 0, 10_000, 100_000)
	heavy := profile == Lossy || profile == Chaos
	s.loss = pick(&r, 0, 1_000, 10_000)
	if heavy {
		s.loss = pick(&r, 0, 1_000, 10_000, 50_000, 150_000)
		s.duplicate = pick(&r, 0, 1_000, 20_000)
		s.straggler = pick(&r, 0, 1_000, 20_000)
		s.corrupt = pick(&r, 0, 0, 1_000, 5_000)
	}
	if profile != Lossy && r.below(12) == 0 {
		s.stretch()
	}
	if profile != Lossy {
		s.pipeline = pick(&r, 0, 5_000, 200_000)
	}
	return s
}

// stretch makes the network so slow that the first timeouts of a view change are too short. Logs kept for lagging
// replicas and the sizes of fetches grow to cover a few round trips.
func (s *settings) stretch() {
	s.latency, s.uneven = 7*time.Millisecond, false
	s.core.SuspectLeader, s.core.SuspectSequencer = 150*time.Millisecond, 100*time.Millisecond
	s.core.ViewChange = 10 * time.Millisecond
	s.core.MaxLog, s.core.MaxLogSize, s.core.KeepLog, s.core.Snapshot = 1<<12, 1<<20, 256, 128
	s.core.Window, s.core.Chunk = 256, 1<<18
}

// drawCore draws the cores' configuration. Limits are small, so that a run truncates logs, takes snapshots, fills
// buffers and evicts clients often.
func drawCore(r *random, n int) replica.Config {
	sync := uint64(pick(r, 4, 8, 16, 32))
	c := replica.Config{
		N:   n,
		MTU: pick(r, 256, 300, 512, 1400, 1472, 8972),
		Timing: limits.Timing{
			TickInterval:     pick(r, time.Millisecond, 2*time.Millisecond),
			TickMax:          5 * time.Millisecond,
			PingInterval:     3 * time.Millisecond,
			SuspectLeader:    15 * time.Millisecond,
			SuspectSequencer: 10 * time.Millisecond,
			ViewChange:       20 * time.Millisecond,
			Retransmit:       2 * time.Millisecond,
			Grace:            pick(r, 100*time.Microsecond, 300*time.Microsecond),
			GapBound:         2 * time.Millisecond,
			SyncInterval:     pick(r, 2*time.Millisecond, 8*time.Millisecond),
		},
		Replica: limits.Replica{
			SyncSlots:  sync,
			Window:     uint64(pick(r, 16, 64, 256)),
			MaxLog:     sync*2 + uint64(pick(r, 16, 64, 256, 1024)),
			MaxLogSize: pick(r, 16<<10, 1<<20),
			KeepLog:    uint64(pick(r, 1, 8, 64)),
			Snapshot:   uint64(pick(r, 8, 32, 128)),
		},
		MaxClients: pick(r, 2, 3, 16, 16, 16, 16, 16, 16),
	}
	// A snapshot must arrive before the log behind it is truncated, and a log must arrive faster than it grows.
	c.Chunk = pick(r, 1<<13, 1<<18)
	if c.MaxLog > 256 {
		c.Chunk = pick(r, 1<<11, 1<<12, 1<<13, 1<<18)
	}
	c.Chunk = max(c.Chunk, 4*c.MTU)
	return c
}

// Purposes of random streams.
const (
	purposeSettings = iota + 1
	purposePlan
	purposeNetwork
	purposeWorkload
	purposeNodes
	purposeController
	purposeLinks
)
