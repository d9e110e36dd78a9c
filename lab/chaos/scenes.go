package chaos

import "slices"

// scene creates one kind of step, with drawn details.
type scene func(d *draw) step

// scenes returns all scenes. Two replicas must not lose their memory at the same time, so no scene kills both.
func (p *plan) scenes() []scene {
	return []scene{
		killOne(leader), killOne(follower), killOne(sequencer), killOne(standby),
		killSomeOf("controller"), killSomeOf("kv"),
		killLeaderAndSequencer, killSequencers, killSequencerWithoutController,
		freezeOne(leader), freezeOne(sequencer), freezeAny, freezeMajority,
		unplugOne(leader), unplugOne(sequencer), unplugAny, flapAny,
		loseLittle, loseMuch,
		deafLeader, muteLeader, cutOneWay, cutBothWays, split,
	}
}

func survivable(faults ...fault) step { return step{Faults: faults, Survivable: true} }

func fatal(faults ...fault) step { return step{Faults: faults} }

func (d *draw) kill(who ...role) fault { return fault{Kind: kill, Who: who, Ahead: d.ahead()} }

func killOne(who role) scene { return func(d *draw) step { return survivable(d.kill(who)) } }

func killSomeOf(kind string) scene {
	return func(d *draw) step { return survivable(d.kill(d.one(kind))) }
}

// killLeaderAndSequencer makes leader and session change at the same time.
func killLeaderAndSequencer(d *draw) step { return survivable(d.kill(leader), d.kill(sequencer)) }

// killSequencers leaves no sequencer.
func killSequencers(d *draw) step { return fatal(d.kill(sequencer, standby)) }

// killSequencerWithoutController leaves no controller to install the next sequencer.
func killSequencerWithoutController(d *draw) step {
	return fatal(d.kill(d.one("controller")), d.kill(sequencer))
}

func freezeOne(who role) scene {
	return func(*draw) step { return survivable(fault{Kind: freeze, Who: []role{who}}) }
}

func freezeAny(d *draw) step {
	return survivable(fault{Kind: freeze, Who: []role{d.one("replica", "sequencer", "controller", "kv")}})
}

// freezeMajority suspends f+1 replicas, which keep their memory.
func freezeMajority(d *draw) step { return fatal(fault{Kind: freeze, Who: []role{leader, follower}}) }

func unplugOne(who role) scene {
	return func(*draw) step { return survivable(fault{Kind: unplug, Who: []role{who}}) }
}

func unplugAny(d *draw) step {
	return survivable(fault{Kind: unplug, Who: []role{d.one("replica", "sequencer", "controller", "kv")}})
}

func flapAny(d *draw) step {
	return survivable(fault{Kind: flap, Who: []role{d.one("replica", "sequencer", "controller", "kv")}})
}

func loseLittle(d *draw) step { return survivable(fault{Kind: lose, Loss: d.loss(backgroundLoss)}) }

func loseMuch(d *draw) step { return survivable(fault{Kind: lose, Loss: d.loss(heavyLoss)}) }

// deafLeader cuts the leader's incoming packets.
func deafLeader(*draw) step {
	return survivable(fault{Kind: cut, Who: []role{leader}, From: []role{everybody}})
}

// muteLeader cuts the leader's outgoing packets.
func muteLeader(*draw) step {
	return survivable(fault{Kind: cut, Who: []role{everybody}, From: []role{leader}})
}

// pair draws two different hosts. The first is not a client's, because clients have other paths to the cluster.
func (d *draw) pair() (a, b role) {
	a, b = d.one("replica", "sequencer", "controller"), d.one()
	for a == b {
		b = d.one()
	}
	return a, b
}

func cutOneWay(d *draw) step {
	a, b := d.pair()
	if d.IntN(2) == 0 {
		a, b = b, a
	}
	return survivable(fault{Kind: cut, Who: []role{a}, From: []role{b}})
}

func cutBothWays(d *draw) step {
	a, b := d.pair()
	return survivable(fault{Kind: cut, Who: []role{a}, From: []role{b}}, fault{Kind: cut, Who: []role{b}, From: []role{a}})
}

// split partitions the hosts into two sides.
func split(d *draw) step {
	all := slices.Clone(d.roles)
	d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := 1 + d.IntN(len(all)-1)
	return fatal(fault{Kind: cut, Who: all[:n], From: all[n:]}, fault{Kind: cut, Who: all[n:], From: all[:n]})
}
