package sim

import (
	"slices"
	"time"
)

// faultMix lists the kinds that a profile draws from. A kind listed twice is drawn twice as often.
var faultMix = map[Profile][]FaultKind{
	Lossy: {lossBurst, lossAt, loseNext, loseNext, cutPair, slow, forge},
	Failover: {stopSequencer, stopSequencer, zombie, zombie, wipe, stopController, stopControllerAt, stopControllerAt,
		spuriousFailover, loseNext, cutIn, pause, clockJump, crashClient},
	Recovery: {crash, crash, crash, crashAtRecord, crashAtWork, crashAtTransfer, crashAtTransfer, pause, slow,
		loseNext, cutIn, cutOut, clockJump, crashClient},
	Chaos: {crash, crash, crashAtRecord, crashAtWork, crashAtTransfer, pause, pause, slow, cutIn, cutOut, cutPair,
		split, lossBurst, lossAt, loseNext, stopSequencer, wipe, zombie, stopController, stopControllerAt,
		spuriousFailover, forge, clockJump, crashClient},
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
	patience := r.duration(20*time.Millisecond, 100*time.Millisecond) // for a rare moment
	switch f.Kind {
	case crashAtRecord:
		f.Arg, f.For = r.below(recordMoments), patience
	case crashAtWork:
		f.Arg = r.below(workMoments)
	case crashAtTransfer:
		f.Arg, f.For = r.below(transferMoments), patience
	case stopControllerAt:
		f.Arg = r.below(controllerMoments)
	case crashClient:
		f.Node = r.below(s.clients)
	case pause, slow, clockJump:
		f.Node = pick(r, f.Node, f.Node, r.below(s.nodes()))
		f.Arg = r.between(100, 5000)
		if f.Kind == clockJump {
			f.Arg *= pick(r, 1, 20, 1_000, 1_000_000)
		}
	case cutIn, cutOut:
		f.Node = r.below(s.nodes())
	case cutPair:
		f.Node, f.Arg = r.below(s.nodes()), r.below(s.nodes())
	case split:
		f.Arg = int(r.next() & (1<<s.nodes() - 1))
	case lossBurst, lossAt:
		f.Arg = pick(r, 50_000, 300_000, 800_000)
	case loseNext:
		f.Arg = r.between(1, pick(r, 1, 3, 40))
	case stopSequencer, zombie:
		f.Node = r.below(s.sequencers)
	case wipe:
		f.Node, f.Arg = r.below(s.sequencers), r.below(2)
	case forge:
		f.Arg = r.below(2)
	}
}

// lasting draws faults that outlast the load: the protocol must make progress in spite of them. With f = 1 only one
// replica may be lost or deaf to the sequencer.
func lasting(profile Profile, s *settings, r *random) (faults []Fault) {
	at := func() time.Duration { return r.duration(5*time.Millisecond, s.load-20*time.Millisecond) }
	node := pick(r, leading, leading, leading-1)
	switch {
	case profile == Lossy:
	case r.below(4) == 0:
		faults = append(faults, Fault{At: at(), Kind: deaf, Node: node})
	case profile != Failover && r.below(8) == 0:
		faults = append(faults, Fault{At: at(), Kind: gone, Node: node})
	}
	if (profile == Failover || profile == Chaos) && r.below(6) == 0 {
		faults = append(faults, Fault{At: at(), Kind: stuck, Node: r.below(s.sequencers)})
	}
	return faults
}
