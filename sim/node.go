package sim

import (
	"bytes"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// clock is a node's monotonic clock: its own origin, and its own pace.
type clock struct {
	origin time.Duration
	skew   int // permille
}

func (c clock) local(t time.Duration) time.Duration {
	return c.origin + t + t/1000*time.Duration(c.skew)
}

// virtual returns the first instant at which local is at least d.
func (c clock) virtual(d time.Duration) time.Duration {
	t := (d - c.origin) / time.Duration(1000+c.skew) * 1000
	for c.local(t) < d {
		t += time.Microsecond
	}
	return t
}

// timer schedules a node's Tick: at most one of its events in the queue counts.
type timer struct {
	at time.Duration // of the event that counts; transport.Never if there is none
}

// node is one replica: what survives a crash (record), the process that runs now (core, machine),
// and what stands between it and the network.
type node struct {
	w     *world
	id    int
	rng   random
	clock clock
	timer timer

	record replica.Record // durable

	up      bool
	life    int // processes so far
	core    *replica.Core
	machine *machine
	told    uint32 // session that the controller last told this process
	route   int    // sequencer that it sends to; -1 if it knows none

	restarted bool // this is not the first process
	taken     taken
	// crashAtRecord: 0, or the crash that waits for the next record: 1 before it is durable, 2 after.
	crashAtRecord int
	downFor       time.Duration // of that crash

	pausedUntil time.Duration
	queued      int // datagrams that wait for the end of the pause
	spins       int // ticks in a row that did not move the deadline
}

// socketBuffer is how many datagrams wait for a node that does not run.
const socketBuffer = 200

func (n *node) now() time.Duration { return n.clock.local(n.w.now) }

// start is the start of a process.
func (n *node) start() {
	w := n.w
	cfg := w.s.core
	cfg.Self, cfg.Group, cfg.Keys = n.id, groupNumber, w.keys
	var sm replica.StateMachine
	fail := func(format string, args ...any) { w.fail(n.id, format, args...) }
	if w.s.undo {
		m := &undoMachine{machine: *newMachine(fail)}
		n.machine, sm = &m.machine, m
	} else {
		n.machine = newMachine(fail)
		sm = n.machine
	}
	core, err := replica.New(cfg, n.record, sm)
	if err != nil {
		w.fail(n.id, "New: %v", err)
		return
	}
	n.clock = clock{origin: n.rng.duration(0, time.Hour), skew: n.rng.between(-w.s.skew, w.s.skew)}
	n.core, n.up, n.told, n.route = core, true, 0, -1
	n.restarted, n.taken = n.life > 0, taken{}
	n.life++
	n.timer.at = transport.Never
	w.note(n.id, fmt.Sprintf("starts, record %v last-normal %v", n.record.View, n.record.LastNormal))
	n.core.Start(n.now())
	n.settle()
}

// crash is kill -9.
func (n *node) crash(downFor time.Duration) {
	n.w.note(n.id, "crashes")
	n.up, n.core, n.machine = false, nil, nil
	n.crashAtRecord = 0
	n.pausedUntil, n.queued = 0, 0
	n.w.check.crashed(n.id)
	n.w.after(downFor, n.start)
}

// datagram hands one datagram to the core. The buffer is overwritten afterwards, as a receive
// buffer is, so that a core that keeps a reference shows.
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
	n.core.Message(n.now(), b)
	n.settle()
}

// tick is the timer's event.
func (n *node) tick(at time.Duration) {
	if at != n.timer.at {
		return
	}
	n.timer.at = transport.Never
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

// hear is the controller's word.
func (n *node) hear(session uint32, target int) {
	if session <= n.told {
		return
	}
	n.told, n.route = session, target
	n.core.Session(n.now(), session)
	n.settle()
}

// settle carries out what the core wants, then looks at what it has become.
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
		n.arm()
	}
}

// arm schedules the next tick.
func (n *node) arm() {
	deadline := n.core.Deadline()
	if deadline == transport.Never {
		return
	}
	at := max(n.clock.virtual(deadline), n.w.now+time.Microsecond)
	if at < n.timer.at {
		n.timer.at = at
		n.w.queue.push(event{at: at, kind: eventTimer, node: n.id})
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
			if to != n.id {
				n.send(to, e.Data)
			}
		}
	case replica.EffectGroup:
		w.trace(n.id, "to group", e.Data)
		if limit := w.s.core.MTU - 28; len(e.Data) > limit {
			w.fail(n.id, "message to the group of %d bytes, at most %d fit", len(e.Data), limit)
		}
		w.forward(n.id, n.route, e.Data)
	case replica.EffectClient:
		to, ok := w.clientAt(e.Addr)
		if !ok {
			w.fail(n.id, "reply to %v, which is no client", e.Addr)
			return
		}
		w.check.sent(n, to, e.Data)
		if len(e.Data) > w.s.core.MTU {
			w.fail(n.id, "reply of %d bytes, MTU %d", len(e.Data), w.s.core.MTU)
		}
		w.net.datagram(n.id, to, e.Data, false)
	case replica.EffectPersist:
		n.persist(e.Record)
	case replica.EffectReport:
		n.report(e.Session)
	case replica.EffectSnapshot:
		n.writeSnapshot(e)
	default:
		w.fail(n.id, "effect of unknown kind %d", e.Kind)
	}
}

func (n *node) send(to int, frame []byte) {
	if len(frame) > n.w.s.core.MTU {
		n.w.net.stream(n.id, to, frame, n.w.nodes[to].life)
		return
	}
	n.w.net.datagram(n.id, to, frame, false)
}

// persist makes a record durable. A planned crash may come just before or just after.
func (n *node) persist(r replica.Record) {
	if n.crashAtRecord == 1 && n.w.mayCrash() {
		n.crash(n.downFor)
		return
	}
	n.w.check.persisted(n, r)
	n.record = r
	if n.crashAtRecord == 2 && n.w.mayCrash() {
		n.crash(n.downFor)
	}
}

func (n *node) report(session uint32) {
	w := n.w
	w.note(n.id, fmt.Sprintf("reports session %d", session))
	if w.net.connected(n.id, w.s.controllerNode()) {
		id := n.id
		w.after(w.net.delay(w.s.controllerNode()), func() { w.controller.report(id, session) })
	}
}

// writeSnapshot writes a snapshot a little later, as another goroutine would.
func (n *node) writeSnapshot(e *replica.Effect) {
	slot, snapshot, life := e.Slot, e.Snapshot, n.life
	n.taken = taken{slot: slot, state: n.machine.captured}
	n.w.after(n.rng.duration(0, 2*time.Millisecond), func() {
		if !n.up || n.life != life {
			return
		}
		var b bytes.Buffer
		_, err := snapshot.WriteTo(&b)
		if err != nil {
			n.w.fail(n.id, "writing the snapshot at %d: %v", slot, err)
		}
		n.core.SnapshotWritten(n.now(), slot, b.Bytes(), nil)
		n.settle()
	})
}
