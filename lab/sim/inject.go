package sim

import (
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// begin starts a fault and schedules its end.
func (w *world) begin(f Fault) {
	f.Node = w.resolve(f.Node)
	if f.Kind == mute || f.Kind == linger {
		f.Arg = w.resolve(f.Arg)
	}
	w.note(-1, "fault: "+f.String())
	f.For = max(min(f.For, w.s.load-w.now), 0)
	switch f.Kind {
	case crash, crashAtRecord, crashAtWork, crashAtTransfer, gone:
		w.strikeReplica(f)
	case stopSequencer, wipe, stuck, forge:
		w.strikeSequencer(f)
	case stopController, stopControllerAt, zombie, spuriousFailover:
		w.strikeController(f)
	case pause:
		w.process(f.Node).stall(w.now + f.For)
	case clockJump:
		w.jump(f.Node, time.Duration(f.Arg)*time.Microsecond)
	case crashClient:
		w.callers[f.Node].crash(f.For)
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
	case gone:
		if n.up && w.mayCrash(n.id) {
			n.remove()
		}
	case crash:
		if n.up && w.mayCrash(n.id) {
			n.crash(f.For)
		}
	default:
		n.pending = f
		w.after(f.For, func() {
			if n.pending == f {
				n.pending = Fault{}
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
	case stopSequencer:
		s := w.sequencers[f.Node]
		s.stop()
		w.after(f.For, s.start)
	case wipe:
		w.sequencers[f.Node].wipe(f.Arg == 1)
	case stuck:
		w.sequencers[f.Node].stuck = true
	case forge:
		w.forge(f)
	}
}

func (w *world) strikeController(f Fault) {
	c := w.controller
	switch f.Kind {
	case stopController:
		if c.up {
			c.crash(f.For)
		}
	case stopControllerAt:
		c.pending = f
		w.after(f.For, func() {
			if c.pending == f {
				c.pending = Fault{}
			}
		})
	case zombie:
		a, b := c.node, w.s.sequencerNode(f.Node)
		w.net.cut(a, b, 1)
		w.net.cut(b, a, 1)
		w.after(f.For, func() { w.net.cut(a, b, -1); w.net.cut(b, a, -1) })
	case spuriousFailover:
		c.spurious(f.Node%2 == 1)
	}
}

func (w *world) strikeNetwork(f Fault) {
	end := func(undo func()) { w.after(f.For, undo) }
	switch f.Kind {
	case cutIn, cutOut, cutPair, split, isolate, mute:
		w.net.cutFault(f, 1)
		end(func() { w.net.cutFault(f, -1) })
	case linger:
		w.net.linger[f.Node][f.Arg]++
		end(func() { w.net.linger[f.Node][f.Arg]-- })
	case lossBurst:
		w.net.loss += f.Arg
		end(func() { w.net.loss -= f.Arg })
	case lossAt:
		w.net.lossAt[f.Node] += f.Arg
		end(func() { w.net.lossAt[f.Node] -= f.Arg })
	case slow:
		w.net.slow[f.Node] += f.Arg
		end(func() { w.net.slow[f.Node] -= f.Arg })
	case loseNext:
		w.net.drop[f.Node] += f.Arg
	case deaf:
		w.net.deaf[f.Node] = true
	}
}
