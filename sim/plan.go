package sim

import (
	"fmt"
	"slices"
	"time"
)

// FaultKind says what a Fault does.
type FaultKind uint8

// The faults. Those with a duration end by themselves; at the end of the load all are over.
const (
	Crash            FaultKind = iota + 1 // replica Node dies; restarted after For without its log
	CrashAtRecord                         // replica Node dies when it next persists, just before (Arg 0) or after (1)
	Pause                                 // replica Node is stopped for For; its socket buffers a little
	Slow                                  // messages to replica Node take up to Arg µs longer
	CutIn                                 // nobody reaches Node
	CutOut                                // Node reaches nobody
	CutPair                               // Node does not reach node Arg, which still reaches it
	Split                                 // the nodes in bit mask Arg and the others do not reach each other
	LossBurst                             // Arg per million of all datagrams are lost
	LossAt                                // Arg per million of the datagrams to Node are lost
	LoseNext                              // the next Arg stamped datagrams to Node are lost
	StopSequencer                         // sequencer Node dies, comes back after For with empty tables
	Zombie                                // the controller cannot reach sequencer Node, which lives on
	StopController                        // the controller dies, restarts after For
	SpuriousFailover                      // the controller moves on from a healthy sequencer
)

var faultNames = [...]string{
	Crash: "crash", CrashAtRecord: "crash-at-record", Pause: "pause", Slow: "slow", CutIn: "cut-in",
	CutOut: "cut-out", CutPair: "cut-pair", Split: "split", LossBurst: "loss-burst", LossAt: "loss-at",
	LoseNext: "lose-next", StopSequencer: "stop-sequencer", Zombie: "zombie",
	StopController: "stop-controller", SpuriousFailover: "spurious-failover",
}

func (k FaultKind) String() string {
	if int(k) < len(faultNames) && faultNames[k] != "" {
		return faultNames[k]
	}
	return fmt.Sprintf("fault-%d", uint8(k))
}

// Fault is one entry of the plan.
type Fault struct {
	At   time.Duration
	Kind FaultKind
	Node int // replica or sequencer number, or node index for the cuts
	Arg  int
	For  time.Duration
}

func (f Fault) String() string {
	return fmt.Sprintf("%v %v node=%d arg=%d for=%v", f.At, f.Kind, f.Node, f.Arg, f.For)
}

// faultMix lists the kinds that a profile draws from; a kind that stands there twice comes twice
// as often.
var faultMix = map[Profile][]FaultKind{
	Lossy:    {LossBurst, LossAt, LoseNext, LoseNext, CutPair, Slow},
	Failover: {StopSequencer, StopSequencer, Zombie, Zombie, StopController, SpuriousFailover, LoseNext, CutIn},
	Recovery: {Crash, Crash, Crash, CrashAtRecord, Pause, Slow, LoseNext, CutIn, CutOut},
	Chaos: {Crash, Crash, CrashAtRecord, Pause, Slow, CutIn, CutOut, CutPair, Split, LossBurst, LossAt,
		LoseNext, StopSequencer, Zombie, StopController, SpuriousFailover},
}

// plan draws the faults of a seed, ordered by time.
func plan(seed uint64, profile Profile, s *settings) []Fault {
	mix := faultMix[profile]
	if len(mix) == 0 {
		return nil
	}
	r := stream(seed, purposePlan)
	faults := make([]Fault, r.between(1, 14))
	for i := range faults {
		f := Fault{
			At:   r.duration(5*time.Millisecond, s.load-20*time.Millisecond),
			Kind: mix[r.below(len(mix))],
			Node: r.below(s.replicas),
			For:  r.duration(time.Millisecond, time.Duration(pick(&r, 5, 30, 100))*time.Millisecond),
		}
		aim(&f, s, &r)
		faults[i] = f
	}
	slices.SortStableFunc(faults, func(a, b Fault) int { return int(a.At - b.At) })
	return faults
}

// aim chooses the fault's target and size.
func aim(f *Fault, s *settings, r *random) {
	switch f.Kind {
	case CrashAtRecord:
		f.Arg = r.below(2)
	case Slow:
		f.Arg = r.between(100, 5000)
	case CutIn, CutOut:
		f.Node = r.below(s.nodes())
	case CutPair:
		f.Node, f.Arg = r.below(s.nodes()), r.below(s.nodes())
	case Split:
		f.Arg = int(r.next() & (1<<s.nodes() - 1))
	case LossBurst, LossAt:
		f.Arg = pick(r, 50_000, 300_000, 800_000)
	case LoseNext:
		f.Arg = r.between(1, pick(r, 1, 3, 40))
	case StopSequencer, Zombie:
		f.Node = r.below(s.sequencers)
	}
}
