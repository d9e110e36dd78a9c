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
	Isolate                               // replica Node and the others do not reach each other; the sequencer reaches it
	Mute                                  // replica Node does not reach replica Arg, and is reached
	Linger                                // what replica Node sends replica Arg takes up to lingerMax longer
	Deaf                                  // no stamped datagram reaches replica Node any more, for good
	Stuck                                 // sequencer Node forwards nothing any more, for good; its control plane lives
	Forge                                 // somebody without keys sends replica Node stamped datagrams; Arg 1: of a new session
)

// Where Node (and, for Mute and Linger, Arg) names a replica, it may be relative to the leader of the highest
// view at that time: leading is that leader, leading-1 the one after it, and so on.
const leading = -1

// lingerMax is longer than a view change takes.
const lingerMax = 40 * time.Millisecond

var faultNames = [...]string{
	Crash: "crash", CrashAtRecord: "crash-at-record", Pause: "pause", Slow: "slow", CutIn: "cut-in",
	CutOut: "cut-out", CutPair: "cut-pair", Split: "split", LossBurst: "loss-burst", LossAt: "loss-at",
	LoseNext: "lose-next", StopSequencer: "stop-sequencer", Zombie: "zombie",
	StopController: "stop-controller", SpuriousFailover: "spurious-failover", Isolate: "isolate", Mute: "mute",
	Linger: "linger", Deaf: "deaf", Stuck: "stuck", Forge: "forge",
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
	Lossy:    {LossBurst, LossAt, LoseNext, LoseNext, CutPair, Slow, Forge},
	Failover: {StopSequencer, StopSequencer, Zombie, Zombie, StopController, SpuriousFailover, LoseNext, CutIn},
	Recovery: {Crash, Crash, Crash, CrashAtRecord, Pause, Slow, LoseNext, CutIn, CutOut},
	Chaos: {Crash, Crash, CrashAtRecord, Pause, Slow, CutIn, CutOut, CutPair, Split, LossBurst, LossAt,
		LoseNext, StopSequencer, Zombie, StopController, SpuriousFailover, Forge},
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
	for range r.below(4) {
		faults = append(faults, ambush(profile, s, &r)...)
	}
	faults = append(faults, lasting(profile, s, &r)...)
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
	case Forge:
		f.Arg = r.below(2)
	}
}

// lasting draws faults that do not end with the load: the protocol has to make progress in spite of
// them.
func lasting(profile Profile, s *settings, r *random) (faults []Fault) {
	at := func() time.Duration { return r.duration(5*time.Millisecond, s.load-20*time.Millisecond) }
	if profile != Lossy && r.below(4) == 0 {
		faults = append(faults, Fault{At: at(), Kind: Deaf, Node: pick(r, leading, leading, leading-1)})
	}
	if (profile == Failover || profile == Chaos) && r.below(6) == 0 {
		faults = append(faults, Fault{At: at(), Kind: Stuck, Node: r.below(s.sequencers)})
	}
	return faults
}

// ambush draws a few faults that together lead to where a mistake in the protocol would show: chance
// alone rarely combines them.
func ambush(profile Profile, s *settings, r *random) []Fault {
	at := r.duration(10*time.Millisecond, s.load-100*time.Millisecond)
	soon := func() time.Duration { at += r.duration(0, 4*time.Millisecond); return at }
	short := r.duration(2*time.Millisecond, 12*time.Millisecond)
	long := r.duration(20*time.Millisecond, 60*time.Millisecond)
	away := Fault{Kind: Isolate, Node: leading, For: long}
	if profile == Recovery || profile == Chaos && r.below(2) == 0 {
		away.Kind = pick(r, Crash, Pause)
	}
	first, second := leading-1, leading-2
	if r.below(2) == 0 {
		first, second = second, first
	}
	switch r.below(7) {
	case 0: // a NO-OP that one follower takes over a logged request and another does not hear of
		return []Fault{
			{At: soon(), Kind: Mute, Node: first, Arg: leading, For: short},
			{At: at, Kind: LoseNext, Node: leading, Arg: r.between(1, 3)},
			{At: at, Kind: LoseNext, Node: second, Arg: r.between(1, 3)},
			{At: at, Kind: Mute, Node: leading, Arg: first, For: short + 3*time.Millisecond},
			placed(away, soon()+r.duration(0, 8*time.Millisecond)),
		}
	case 1: // a leader that goes on alone and executes what nobody else has
		return []Fault{
			{At: soon(), Kind: LoseNext, Node: first, Arg: r.between(1, 5)},
			{At: at, Kind: LoseNext, Node: second, Arg: r.between(1, 5)},
			placed(away, soon()),
		}
	case 2: // leader and session change at once
		return []Fault{
			placed(away, soon()),
			{At: soon() + r.duration(0, 20*time.Millisecond), Kind: SpuriousFailover, Node: r.below(s.sequencers)},
		}
	case 3: // one leader after the other
		return []Fault{
			placed(away, soon()),
			placed(Fault{Kind: Isolate, Node: leading, For: long}, at+r.duration(15*time.Millisecond, 45*time.Millisecond)),
			placed(away, at+r.duration(40*time.Millisecond, 90*time.Millisecond)),
		}
	case 4: // a follower that falls far behind, then leads
		return []Fault{
			{At: soon(), Kind: LoseNext, Node: leading - 1, Arg: r.between(10, 100)},
			{At: at, Kind: Isolate, Node: leading - 1, For: short},
			placed(away, at+short),
		}
	case 5: // what was said in one view is heard in the next
		from, to := leading, first
		if r.below(2) == 0 {
			from, to = to, from
		}
		at += r.duration(0, 4*time.Millisecond)
		faults := []Fault{
			{At: at, Kind: LoseNext, Node: first, Arg: r.between(1, 3)},
			{At: at, Kind: LoseNext, Node: leading, Arg: r.between(1, 3)},
			{At: at, Kind: Linger, Node: from, Arg: to, For: long},
			placed(away, soon()),
		}
		for range r.between(1, 3) {
			faults = append(faults, Fault{At: soon() + r.duration(0, 12*time.Millisecond), Kind: SpuriousFailover, Node: r.below(s.sequencers)})
		}
		return faults
	}
	// A message that one replica alone has, on both sides of a view change.
	return []Fault{
		{At: soon(), Kind: LoseNext, Node: leading, Arg: r.between(1, 2)},
		{At: at, Kind: LoseNext, Node: first, Arg: r.between(1, 2)},
		{At: at, Kind: Mute, Node: second, Arg: leading, For: short},
		placed(away, soon()),
		{At: soon(), Kind: LoseNext, Node: second, Arg: r.between(1, 3)},
	}
}

func placed(f Fault, at time.Duration) Fault {
	f.At = at
	return f
}
