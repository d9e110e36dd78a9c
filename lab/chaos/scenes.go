package chaos

import "slices"

// scene is one kind of step; its details are drawn.
type scene func(d *draw) Step

// scenes are all of them. Whoever must not lose its memory with another replica at a time is killed in a
// step of its own.
func (p *Plan) scenes() []scene {
	return []scene{
		killOne(Leader), killOne(Follower), killOne(Sequencer), killOne(Standby),
		killSomeOf("controller"), killSomeOf("kv"),
		killLeaderAndSequencer, killSequencers, killSequencerWithoutController,
		freezeOne(Leader), freezeOne(Sequencer), freezeAny, freezeMajority,
		unplugOne(Leader), unplugOne(Sequencer), unplugAny, flapAny,
		lose, loseMuch,
		deafLeader, muteLeader, cutOneWay, cutBothWays, split,
	}
}

func survivable(faults ...Fault) Step { return Step{Faults: faults, Survivable: true} }

func fatal(faults ...Fault) Step { return Step{Faults: faults} }

func (d *draw) kill(who ...Role) Fault { return Fault{Kind: Kill, Who: who, Ahead: d.ahead()} }

func killOne(who Role) scene { return func(d *draw) Step { return survivable(d.kill(who)) } }

func killSomeOf(kind string) scene {
	return func(d *draw) Step { return survivable(d.kill(d.one(kind))) }
}

// killLeaderAndSequencer has the leader and the session change at once.
func killLeaderAndSequencer(d *draw) Step { return survivable(d.kill(Leader), d.kill(Sequencer)) }

// killSequencers leaves nobody to order requests.
func killSequencers(d *draw) Step { return fatal(d.kill(Sequencer, Standby)) }

// killSequencerWithoutController leaves nobody to name the next sequencer.
func killSequencerWithoutController(d *draw) Step {
	return fatal(d.kill(d.one("controller")), d.kill(Sequencer))
}

func freezeOne(who Role) scene {
	return func(*draw) Step { return survivable(Fault{Kind: Freeze, Who: []Role{who}}) }
}

func freezeAny(d *draw) Step {
	return survivable(Fault{Kind: Freeze, Who: []Role{d.one("replica", "sequencer", "controller", "kv")}})
}

// freezeMajority stops f+1 replicas, which keep their memory.
func freezeMajority(d *draw) Step { return fatal(Fault{Kind: Freeze, Who: []Role{Leader, Follower}}) }

func unplugOne(who Role) scene {
	return func(*draw) Step { return survivable(Fault{Kind: Unplug, Who: []Role{who}}) }
}

func unplugAny(d *draw) Step {
	return survivable(Fault{Kind: Unplug, Who: []Role{d.one("replica", "sequencer", "controller", "kv")}})
}

func flapAny(d *draw) Step {
	return survivable(Fault{Kind: Flap, Who: []Role{d.one("replica", "sequencer", "controller", "kv")}})
}

func lose(d *draw) Step { return survivable(Fault{Kind: Lose, Loss: d.loss(backgroundLoss)}) }

func loseMuch(d *draw) Step { return survivable(Fault{Kind: Lose, Loss: d.loss(heavyLoss)}) }

// deafLeader is heard and hears nobody.
func deafLeader(*draw) Step {
	return survivable(Fault{Kind: Cut, Who: []Role{Leader}, From: []Role{Everybody}})
}

// muteLeader hears everybody and is not heard.
func muteLeader(*draw) Step {
	return survivable(Fault{Kind: Cut, Who: []Role{Everybody}, From: []Role{Leader}})
}

// pair draws two different hosts, one of them no client's: those have other ways to the cluster.
func (d *draw) pair() (a, b Role) {
	a, b = d.one("replica", "sequencer", "controller"), d.one()
	for a == b {
		b = d.one()
	}
	return a, b
}

func cutOneWay(d *draw) Step {
	a, b := d.pair()
	if d.IntN(2) == 0 {
		a, b = b, a
	}
	return survivable(Fault{Kind: Cut, Who: []Role{a}, From: []Role{b}})
}

func cutBothWays(d *draw) Step {
	a, b := d.pair()
	return survivable(Fault{Kind: Cut, Who: []Role{a}, From: []Role{b}}, Fault{Kind: Cut, Who: []Role{b}, From: []Role{a}})
}

// split draws two sides that have nothing of each other.
func split(d *draw) Step {
	all := slices.Clone(d.roles)
	d.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	n := 1 + d.IntN(len(all)-1)
	return fatal(Fault{Kind: Cut, Who: all[:n], From: all[n:]}, Fault{Kind: Cut, Who: all[n:], From: all[:n]})
}
