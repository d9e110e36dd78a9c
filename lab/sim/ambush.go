package sim

import "time"

// ambush draws a few faults that together expose a mistake in the protocol. Independent faults rarely combine that
// way.
func ambush(profile Profile, s *settings, r *random) []Fault {
	at := r.duration(10*time.Millisecond, s.load-100*time.Millisecond)
	soon := func() time.Duration { at += r.duration(0, 4*time.Millisecond); return at }
	short := r.duration(2*time.Millisecond, 12*time.Millisecond)
	long := r.duration(20*time.Millisecond, 60*time.Millisecond)
	away := Fault{Kind: isolate, Node: leading, For: long}
	if profile == Recovery || profile == Chaos && r.below(2) == 0 {
		away.Kind = pick(r, crash, pause)
	}
	first, second := leading-1, leading-2
	if r.below(2) == 0 {
		first, second = second, first
	}
	if draw := r.below(9); draw == 7 && profile != Recovery {
		return numberAmbush(at, long, s, r)
	} else if draw == 8 && profile != Failover {
		return transferAmbush(at, short, long, s, r)
	}
	switch r.below(7) {
	case 0: // a NO-OP that replaces a logged request at one follower and never reaches another
		return []Fault{
			{At: soon(), Kind: mute, Node: first, Arg: leading, For: short},
			{At: at, Kind: loseNext, Node: leading, Arg: r.between(1, 3)},
			{At: at, Kind: loseNext, Node: second, Arg: r.between(1, 3)},
			{At: at, Kind: mute, Node: leading, Arg: first, For: short + 3*time.Millisecond},
			placed(away, soon()+r.duration(0, 8*time.Millisecond)),
		}
	case 1: // an isolated leader that executes requests that the others lack
		return []Fault{
			{At: soon(), Kind: loseNext, Node: first, Arg: r.between(1, 5)},
			{At: at, Kind: loseNext, Node: second, Arg: r.between(1, 5)},
			placed(away, soon()),
		}
	case 2: // a leader change during a session change
		return []Fault{
			placed(away, soon()),
			{At: soon() + r.duration(0, 20*time.Millisecond), Kind: spuriousFailover, Node: r.below(s.sequencers)},
		}
	case 3: // several leaders in a row
		return []Fault{
			placed(away, soon()),
			placed(Fault{Kind: isolate, Node: leading, For: long}, at+r.duration(15*time.Millisecond, 45*time.Millisecond)),
			placed(away, at+r.duration(40*time.Millisecond, 90*time.Millisecond)),
		}
	case 4: // a follower that lags far behind and then leads
		return []Fault{
			{At: soon(), Kind: loseNext, Node: leading - 1, Arg: r.between(10, 100)},
			{At: at, Kind: isolate, Node: leading - 1, For: short},
			placed(away, at+short),
		}
	case 5: // messages of one view that arrive in the next
		from, to := leading, first
		if r.below(2) == 0 {
			from, to = to, from
		}
		at += r.duration(0, 4*time.Millisecond)
		faults := []Fault{
			{At: at, Kind: loseNext, Node: first, Arg: r.between(1, 3)},
			{At: at, Kind: loseNext, Node: leading, Arg: r.between(1, 3)},
			{At: at, Kind: linger, Node: from, Arg: to, For: long},
			placed(away, soon()),
		}
		for range r.between(1, 3) {
			faults = append(faults, Fault{At: soon() + r.duration(0, 12*time.Millisecond), Kind: spuriousFailover, Node: r.below(s.sequencers)})
		}
		return faults
	}
	// A message that reaches one replica only, before and after a view change.
	return []Fault{
		{At: soon(), Kind: loseNext, Node: leading, Arg: r.between(1, 2)},
		{At: at, Kind: loseNext, Node: first, Arg: r.between(1, 2)},
		{At: at, Kind: mute, Node: second, Arg: leading, For: short},
		placed(away, soon()),
		{At: soon(), Kind: loseNext, Node: second, Arg: r.between(1, 3)},
	}
}

func placed(f Fault, at time.Duration) Fault {
	f.At = at
	return f
}

// numberAmbush draws crashes of a controller on the way to a new session, and the reason for that session.
func numberAmbush(at, long time.Duration, s *settings, r *random) (faults []Fault) {
	for range r.between(1, 3) {
		faults = append(faults,
			Fault{At: at, Kind: stopControllerAt, Arg: r.below(controllerMoments), For: r.duration(time.Millisecond, long)},
			Fault{At: at, Kind: pick(r, spuriousFailover, spuriousFailover, stopSequencer, wipe), Node: r.below(s.sequencers), For: long},
		)
		at += r.duration(0, long)
	}
	return faults
}

// transferAmbush draws the crash of a replica during the transfer of a snapshot or a large part of a log: of the
// sender, of a receiver that restarted without its log, or of one that lags.
func transferAmbush(at, short, long time.Duration, s *settings, r *random) []Fault {
	behind := Fault{At: at, Kind: crash, Node: r.below(s.replicas), For: short}
	dies := Fault{At: at, Kind: crashAtTransfer, Node: behind.Node, Arg: r.below(transferMoments), For: r.duration(40*time.Millisecond, 120*time.Millisecond)}
	if dies.Arg == whileSending {
		behind.Kind, behind.For = pick(r, crash, isolate, isolate), long
		dies.At, dies.Node = at+behind.For, leading
	}
	return []Fault{{At: at, Kind: loseNext, Node: behind.Node, Arg: r.between(10, 100)}, behind, dies}
}
