package worlds

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
)

const (
	replicas = 3
	faulty   = replicas / 2 // f
	group    = 0x0A000001
)

// node is a running replica: an unmodified core, its service and its durable record.
type node struct {
	id      int
	core    *replica.Core
	machine *machine
	now     time.Duration
	record  replica.Record
	// recovering is true from a restart without the log until the replica enters a view.
	recovering bool
	recoverTo  wire.View // it has to enter a view above this one

	did    *effects
	inputs *inputs
}

// effects are the effects of an input at a node.
type effects struct {
	sends   [replicas][]inputID // to each replica
	replies []reply
	entered bool // a view
	cuts    []cut
	failure string
}

// reply is a REPLY to a client.
type reply struct {
	frame  inputID
	client int
	view   wire.View
	slot   uint64
	id     requestID
	status wire.Status
	result string
}

// requestID identifies a request.
type requestID struct {
	client wire.ClientID
	id     uint64
}

// cut is a crash just before a record becomes durable, with the messages sent before.
type cut struct {
	record replica.Record // the durable one
	sends  [replicas][]inputID
}

// fail notes a violation, unless there is one already.
func (d *effects) fail(format string, args ...any) {
	if d.failure == "" {
		d.failure = fmt.Sprintf(format, args...)
	}
}

// replicaConfig returns a configuration with the time-outs that time.go describes.
func replicaConfig(b *Bounds, id int, keys wire.Keys) replica.Config {
	cfg := replica.Config{
		N: replicas, Self: id, Group: group, Keys: keys,
		Timing: limits.Timing{
			TickInterval: off, TickMax: off, PingInterval: off, SuspectSequencer: off,
			SuspectLeader: suspicion, ViewChange: suspicion,
			Retransmit: retransmit, Grace: grace, GapBound: gapBound, SyncInterval: mediumStep,
		},
		Replica: limits.Replica{Window: 16, Snapshot: 1 << 30},
	}
	if b.Snapshots {
		cfg.Snapshot, cfg.KeepLog = 1, 1
	}
	return cfg
}

// boot starts a replica's process.
func boot(b *Bounds, in *inputs, id int, record replica.Record) (*node, *effects) {
	n := &node{id: id, now: origin, record: record, inputs: in}
	n.did = &effects{}
	var sm replica.StateMachine
	if b.Undo {
		m := &undoMachine{}
		n.machine, sm = &m.machine, m
	} else {
		n.machine = &machine{}
		sm = n.machine
	}
	if record.View.Session != 0 {
		n.recovering, n.recoverTo = true, record.View
	}
	core, err := replica.New(replicaConfig(b, id, in.keys), record, sm)
	if err != nil {
		n.did.fail("New: %v", err)
		return n, n.did
	}
	n.core = core
	return n, n.perform(func() { core.Start(n.now) })
}

// give passes an input to the replica and carries out its effects.
func (n *node) give(in *input) *effects {
	n.did = &effects{}
	return n.perform(func() {
		switch in.kind {
		case inputFrame, inputStamped:
			data := bytes.Clone(in.data)
			if in.kind == inputFrame {
				n.core.Message(n.now, data)
			} else {
				n.core.Stamped(n.now, data)
			}
			clear(data) // like a reused receive buffer, to expose a core that keeps a reference
		case inputSession:
			n.core.Session(n.now, in.session)
		case inputShort, inputMedium, inputLong:
			n.now += map[inputKind]time.Duration{inputShort: shortStep, inputMedium: mediumStep, inputLong: longStep}[in.kind]
			n.core.Tick(n.now)
		default:
			n.did.fail("a replica is given an input of kind %d", in.kind)
		}
	})
}

// perform calls the core, carries out its effects and checks the result.
func (n *node) perform(act func()) *effects {
	d := n.did
	defer func() {
		if r := recover(); r != nil {
			d.fail("core panics: %v", r)
		}
	}()
	before := n.core.Status()
	act()
	for len(n.core.Effects()) > 0 && d.failure == "" {
		var work []*replica.Work
		for _, e := range n.core.Effects() {
			if e.Kind == replica.EffectWork {
				work = append(work, e.Work)
				continue
			}
			n.carryOut(&e)
		}
		n.core.ClearEffects()
		for _, w := range work {
			w.Run()
			n.core.Finished(n.now, w)
		}
	}
	if err := n.core.Err(); err != nil {
		d.fail("core stops: %v", err)
	} else if n.machine.failure != "" {
		d.fail("%s", n.machine.failure)
	} else {
		n.positions(&before)
	}
	return d
}

// positions checks that no position goes back (invariant 7).
func (n *node) positions(before *replica.Status) {
	s := n.core.Status()
	switch {
	case s.SyncPoint < before.SyncPoint:
		n.did.fail("sync point goes back from %d to %d (invariant 7)", before.SyncPoint, s.SyncPoint)
	case s.LastNormal == before.LastNormal && s.Base != before.Base:
		n.did.fail("base of view %v was %d and is %d (invariant 7)", s.LastNormal, before.Base, s.Base)
	case s.LastNormal == before.LastNormal && s.LogEnd < before.LogEnd:
		n.did.fail("log of view %v ended at %d and ends at %d (invariant 7)", s.LastNormal, before.LogEnd, s.LogEnd)
	case s.SyncPoint > s.Executed || s.Executed > s.LogEnd || s.LogStart > s.Snapshot || s.Snapshot > s.SyncPoint:
		n.did.fail("positions are out of order: log (%d, %d], snapshot %d, sync point %d, executed %d (invariant 9)",
			s.LogStart, s.LogEnd, s.Snapshot, s.SyncPoint, s.Executed)
	}
}

func (n *node) carryOut(e *replica.Effect) {
	switch e.Kind {
	case replica.EffectReplica:
		n.send(e.Data, e.To)
	case replica.EffectReplicas:
		for to := range replicas {
			if to != n.id {
				n.send(e.Data, to)
			}
		}
	case replica.EffectClient:
		n.reply(e)
	case replica.EffectPersist:
		n.persist(*e.Record)
	case replica.EffectReport:
	default:
		n.did.fail("effect of kind %d, which nothing in these worlds asks for", e.Kind)
	}
}

// send collects a message to a replica, and checks that the replica may send it (invariant 4).
func (n *node) send(frame []byte, to int) {
	m, err := n.inputs.open(frame)
	if err != nil {
		n.did.fail("sends a message that does not open: %v", err)
		return
	}
	kind, view := m.Kind(), m.Head().View
	switch {
	case n.recovering && kind != wire.KindRecover && kind != wire.KindFetch && kind != wire.KindFetchSnapshot:
		n.did.fail("sends %v %v while recovering (invariant 4)", kind, view)
	case !n.recovering && view != n.record.View:
		n.did.fail("sends %v of view %v, its durable promise is %v (invariant 4)", kind, view, n.record.View)
	}
	switch kind {
	case wire.KindPing:
		return // only affects timers
	case wire.KindStartViewRep:
		return // without it the leader repeats START-VIEW for ever, which has no effect here
	}
	in := input{kind: inputFrame, data: bytes.Clone(frame), message: kind, view: view, from: n.id, last: lastSlot(m)}
	if m, ok := m.(*wire.FetchLog); ok {
		in.behind = m.Lo
	}
	n.did.sends[to] = append(n.did.sends[to], n.inputs.id(in))
}

func (n *node) reply(e *replica.Effect) {
	kind, body, err := n.inputs.keys.Open(e.Data)
	if err != nil || kind != wire.KindReply {
		n.did.fail("sends a client a %v (%v)", kind, err)
		return
	}
	m, err := wire.ParseReply(body)
	if err != nil {
		n.did.fail("sends a REPLY that does not parse: %v", err)
		return
	}
	if n.recovering || m.View != n.record.View {
		n.did.fail("sends REPLY of view %v, its durable promise is %v (invariant 4)", m.View, n.record.View)
	}
	client := int(e.Addr.Port()) - clientPort
	if e.Addr != clientAddress(client) {
		n.did.fail("sends a REPLY to %v, which is no client", e.Addr)
		return
	}
	n.did.replies = append(n.did.replies, reply{
		frame:  n.inputs.id(input{kind: inputReply, data: bytes.Clone(e.Data)}),
		client: client, view: m.View, slot: m.Slot, id: requestID{m.Client, m.ID}, status: m.Status, result: string(m.Part),
	})
}

// persist makes a record durable. If the replica has sent something before, it may also crash in between.
func (n *node) persist(r replica.Record) {
	d, old := n.did, n.record
	if !old.View.LessEq(r.View) || !old.LastNormal.LessEq(r.LastNormal) || !r.LastNormal.LessEq(r.View) || r.Incarnation < old.Incarnation {
		d.fail("record %+v follows %+v (invariant 7)", r, old)
	}
	said := false
	for to := range d.sends {
		said = said || len(d.sends[to]) > 0
	}
	if said {
		c := cut{record: old}
		for to := range d.sends {
			c.sends[to] = append([]inputID(nil), d.sends[to]...)
		}
		d.cuts = append(d.cuts, c)
	}
	if r.LastNormal != old.LastNormal && r.LastNormal.Session != 0 {
		if n.recovering && !n.recoverTo.Less(r.LastNormal) {
			d.fail("recovers into view %v, not above %v, which it had promised", r.LastNormal, n.recoverTo)
		}
		d.entered, n.recovering = true, false
	}
	n.record = r
}

// fingerprint returns the fingerprint of the replica's state.
func (n *node) fingerprint() fingerprint {
	b := []byte{byte(n.id), 0}
	if n.recovering {
		b[1] = 1
		b = appendView(b, n.recoverTo)
	}
	b = appendView(appendView(b, n.record.View), n.record.LastNormal)
	b = binary.AppendUvarint(binary.AppendUvarint(b, n.record.Incarnation), n.record.Epoch)
	b = n.machine.appendState(b)
	return fingerprintOf(n.core.AppendState(b, func(t time.Duration) byte { return byte(classify(t, n.now)) }))
}

func appendView(b []byte, v wire.View) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, v.Leader), uint64(v.Session))
}
