package sim

import (
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/sim/registers"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

// node is a replica: its durable record, its current process (core and state machine), and their connection to the
// network.
type node struct {
	process
	id  int
	rng random

	record replica.Record // durable
	gone   bool           // lost its disk, will not restart

	core    *replica.Core
	machine *registers.Machine
	session uint32 // that the controller announced last to this process
	route   int    // its sequencer; -1 if unknown

	restarted bool  // not the first process
	pending   Fault // crash that waits for its moment; zero if none

	spins int // successive ticks that did not move the deadline
}

// start starts a process.
func (n *node) start() {
	w := n.w
	cfg := w.s.core
	cfg.Self, cfg.Group, cfg.Keys = n.id, groupNumber, w.keys
	var sm replica.StateMachine
	fail := func(format string, args ...any) { w.fail(n.id, format, args...) }
	n.machine = registers.NewMachine(fail)
	if sm = n.machine; w.s.undo {
		sm = registers.UndoMachine{Machine: n.machine}
	}
	core, err := replica.New(cfg, n.record, sm)
	if err != nil {
		w.fail(n.id, "New: %v", err)
		return
	}
	n.restarted = n.life > 0
	n.boot(&n.rng)
	n.core, n.session, n.route = core, 0, -1
	w.note(n.id, fmt.Sprintf("starts, record %v last-normal %v", n.record.View, n.record.LastNormal))
	n.core.Start(n.now())
	n.settle()
}

// crash is kill -9.
func (n *node) crash(downFor time.Duration) {
	n.w.note(n.id, "crashes")
	n.stop()
	n.w.after(downFor, n.start)
}

// remove removes the machine and its disk. A new disk would need a new configuration of the group: a replica without
// its record does not start.
func (n *node) remove() {
	n.w.note(n.id, "is gone for good")
	n.stop()
	n.gone = true
}

func (n *node) stop() {
	n.up, n.core, n.machine = false, nil, nil
	n.stalledUntil = 0
	n.w.check.crashed(n.id)
}

// crashesAt reports whether the replica crashes now because of a fault that waited for this moment.
func (n *node) crashesAt(kind FaultKind, moment int) bool {
	if n.pending.Kind != kind || n.pending.Arg != moment || !n.w.mayCrash(n.id) {
		return false
	}
	n.w.note(n.id, fmt.Sprintf("%v, moment %d", kind, moment))
	n.crash(n.pending.For)
	n.pending = Fault{}
	return true
}

// datagram passes a datagram to the core, and then overwrites the buffer like a receive buffer, to expose cores that
// keep a reference.
func (n *node) datagram(b []byte) {
	if wire.IsFrame(b) {
		n.core.Message(n.now(), b)
	} else {
		n.core.Stamped(n.now(), b)
	}
	for i := range b {
		b[i] = 0xDB
	}
	n.settle()
}

func (n *node) bulk(b []byte) {
	if n.crashesAt(crashAtTransfer, beforeReceiving) {
		return
	}
	n.core.Message(n.now(), b)
	n.settle()
	if n.up {
		n.crashesAt(crashAtTransfer, afterReceiving)
	}
}

// tick handles the timer's event.
func (n *node) tick(at time.Duration) {
	if !n.fires(at) {
		return
	}
	if deadline := n.core.Deadline(); deadline <= n.now() {
		n.core.Tick(n.now())
		if after := n.core.Deadline(); after <= n.now() {
			n.spins++
			if n.spins == 1000 {
				n.w.fail(n.id, "Deadline stays at %v through 1000 calls of Tick", after)
			}
		} else {
			n.spins = 0
		}
	}
	n.settle()
}

// reroute takes the controller's announcement.
func (n *node) reroute(session uint32, target int) {
	if session <= n.session {
		return
	}
	n.session, n.route = session, target
	n.core.Session(n.now(), session)
	n.settle()
}

// settle carries out the core's effects, then checks the replica.
func (n *node) settle() {
	for n.up {
		effects := n.core.Effects()
		if len(effects) == 0 {
			break
		}
		for i := range effects {
			n.carryOut(&effects[i])
			if !n.up {
				return
			}
		}
		n.core.ClearEffects()
	}
	if n.up {
		n.w.check.replica(n)
		n.arm(n.core.Deadline())
	}
}

func (n *node) carryOut(e *replica.Effect) {
	w := n.w
	switch e.Kind {
	case replica.EffectReplica:
		w.check.sent(n, e.To, e.Data)
		n.send(e.To, e.Data)
	case replica.EffectReplicas:
		w.check.sent(n, -1, e.Data)
		for to := range w.s.replicas {
			if to != n.id && n.up {
				n.send(to, e.Data)
			}
		}
	case replica.EffectGroup:
		w.check.ticks(n, e.Data)
		w.trace(n.id, "to group", e.Data)
		w.forward(n.id, n.route, e.Data)
	case replica.EffectClient:
		to, ok := w.clientAt(e.Addr)
		if !ok {
			w.fail(n.id, "reply to %v, which is no client", e.Addr)
			return
		}
		w.check.sent(n, to, e.Data)
		w.net.datagram(n.id, to, e.Data, false)
	case replica.EffectPersist:
		n.persist(*e.Record)
	case replica.EffectReport:
		n.report(e.Session)
	case replica.EffectWork:
		n.work(e.Work)
	default:
		w.fail(n.id, "effect of unknown kind %d", e.Kind)
	}
}

func (n *node) send(to int, frame []byte) {
	if len(frame) <= n.w.s.core.MTU {
		n.w.net.datagram(n.id, to, frame, false)
		return
	}
	arrives := n.pending.Kind != crashAtTransfer || n.rng.below(2) == 0
	if arrives {
		n.w.net.stream(n.id, to, frame, n.w.nodes[to].life)
	}
	n.crashesAt(crashAtTransfer, whileSending)
}

// persist makes a record durable. A planned crash may come just before or after.
func (n *node) persist(r replica.Record) {
	if n.crashesAt(crashAtRecord, beforeRecord) {
		return
	}
	n.w.check.persisted(n, r)
	n.record = r
	n.crashesAt(crashAtRecord, afterRecord)
}

func (n *node) report(session uint32) {
	w := n.w
	w.note(n.id, fmt.Sprintf("reports session %d", session))
	if to := w.s.controllerNode(); w.net.connected(n.id, to) {
		id := n.id
		w.after(w.net.delay(id, to), func() { w.controller.report(id, session) })
	}
}

// work does work a little later, like another goroutine.
func (n *node) work(work *replica.Work) {
	n.later(n.rng.duration(0, 2*time.Millisecond), func() {
		if n.crashesAt(crashAtWork, whileWorking) {
			return
		}
		work.Run()
		n.core.Finished(n.now(), work)
		n.settle()
		if n.up {
			n.crashesAt(crashAtWork, afterWorking)
		}
	})
}
