package sim

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// begin starts a fault and schedules its end.
func (w *world) begin(f Fault) {
	f.Node = w.resolve(f.Node)
	if f.Kind == Mute || f.Kind == Linger {
		f.Arg = w.resolve(f.Arg)
	}
	w.note(-1, "fault: "+f.String())
	f.For = max(min(f.For, w.s.load-w.now), 0)
	switch f.Kind {
	case Crash, CrashAtRecord, CrashAtSnapshot, CrashAtTransfer, Gone:
		w.strikeReplica(f)
	case StopSequencer, Wipe, Stuck, Forge:
		w.strikeSequencer(f)
	case StopController, StopControllerAt, Zombie, SpuriousFailover:
		w.strikeController(f)
	case Pause:
		w.process(f.Node).stall(w.now + f.For)
	case ClockJump:
		w.jump(f.Node, time.Duration(f.Arg)*time.Microsecond)
	case CrashClient:
		w.customers[f.Node].crash(f.For)
	default:
		w.strikeNetwork(f)
	}
}

// resolve turns a replica's place relative to the leader of the highest view into its number.
func (w *world) resolve(node int) int {
	if node > leading {
		return node
	}
	var view wire.View
	for _, n := range w.nodes {
		view = view.Join(n.record.View)
	}
	return (view.LeaderOf(w.s.replicas) + leading - node) % w.s.replicas
}

func (w *world) strikeReplica(f Fault) {
	n := w.nodes[f.Node]
	switch f.Kind {
	case Gone:
		if n.up && w.mayCrash(n.id) {
			n.vanish()
		}
	case Crash:
		if n.up && w.mayCrash(n.id) {
			n.crash(f.For)
		}
	default:
		n.doom = f
		w.after(f.For, func() {
			if n.doom == f {
				n.doom = Fault{}
			}
		})
	}
}

// mayCrash reports whether a replica may lose its log. The protocol promises safety while at most f replicas are down
// or recovering.
func (w *world) mayCrash(id int) bool {
	others := 0
	for _, r := range w.nodes {
		if r.id != id && (!r.up || w.check.recovering(r.id)) {
			others++
		}
	}
	return others < w.s.replicas/2
}

func (w *world) strikeSequencer(f Fault) {
	switch f.Kind {
	case StopSequencer:
		s := w.sequencers[f.Node]
		s.stop()
		w.after(f.For, s.start)
	case Wipe:
		w.sequencers[f.Node].wipe(f.Arg == 1)
	case Stuck:
		w.sequencers[f.Node].stuck = true
	case Forge:
		w.forge(f)
	}
}

func (w *world) strikeController(f Fault) {
	c := w.controller
	switch f.Kind {
	case StopController:
		if c.up {
			c.crash(f.For)
		}
	case StopControllerAt:
		c.doom = f
		w.after(f.For, func() {
			if c.doom == f {
				c.doom = Fault{}
			}
		})
	case Zombie:
		a, b := c.node, w.s.sequencerNode(f.Node)
		w.net.cut(a, b, 1)
		w.net.cut(b, a, 1)
		w.after(f.For, func() { w.net.cut(a, b, -1); w.net.cut(b, a, -1) })
	case SpuriousFailover:
		c.spurious(f.Node%2 == 1)
	}
}

func (w *world) strikeNetwork(f Fault) {
	end := func(undo func()) { w.after(f.For, undo) }
	switch f.Kind {
	case CutIn, CutOut, CutPair, Split, Isolate, Mute:
		w.net.cutFault(f, 1)
		end(func() { w.net.cutFault(f, -1) })
	case Linger:
		w.net.linger[f.Node][f.Arg]++
		end(func() { w.net.linger[f.Node][f.Arg]-- })
	case LossBurst:
		w.net.loss += f.Arg
		end(func() { w.net.loss -= f.Arg })
	case LossAt:
		w.net.lossAt[f.Node] += f.Arg
		end(func() { w.net.lossAt[f.Node] -= f.Arg })
	case Slow:
		w.net.slow[f.Node] += f.Arg
		end(func() { w.net.slow[f.Node] -= f.Arg })
	case LoseNext:
		w.net.drop[f.Node] += f.Arg
	case Deaf:
		w.net.deaf[f.Node] = true
	}
}
