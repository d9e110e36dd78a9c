package replica

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/dissect"
	"github.com/netordered/nopaxos/replica/wire"
)

// cluster n=3 [session=1] [undo] [timer=duration …] [limit=count …]: starts n replicas, and brings
// them into the first session unless session=0.
func (w *scenarioWorld) cluster(a *arguments) error {
	n, err := a.number("n", 3)
	if err != nil {
		return err
	}
	*w = scenarioWorld{now: time.Second, stamped: map[uint64][]byte{}, clientOf: map[string]uint64{}, muted: map[wire.Kind]bool{}, onInput: w.onInput}
	if w.keys, err = wire.DeriveKeys([]byte("the scenarios' cluster key")); err != nil {
		return err
	}
	w.text = dissect.Dissector{Keys: w.keys}
	w.undo = slices.Contains(a.bare, "undo")
	w.cfg = Config{
		N: n, Group: scenarioGroup, Keys: w.keys,
		Timing: limits.Timing{
			TickInterval: hour, TickMax: hour, PingInterval: hour, SuspectLeader: hour, SuspectSequencer: hour,
			ViewChange: hour, Retransmit: hour, SyncInterval: hour, Grace: time.Millisecond, GapBound: 5 * time.Millisecond,
		},
	}
	if err := w.configure(a); err != nil {
		return err
	}
	for i := range n {
		w.nodes = append(w.nodes, &scenarioNode{record: Bootstrap()})
		if err := w.start(i); err != nil {
			return err
		}
	}
	session, err := a.number("session", 1)
	if err != nil || session == 0 {
		return err
	}
	w.quiet = true
	w.setSession(uint32(session))
	for i := range n {
		w.nodes[i].core.Session(w.now, uint32(session))
		w.collect(i)
	}
	w.deliverAll()
	for i, n := range w.nodes {
		if n.core.phase != phaseNormal || n.core.durable.View.Session != uint32(session) {
			return fmt.Errorf("replica %d is not normal in session %d: %v %v", i, session, n.core.durable.View, n.core.phase)
		}
	}
	w.quiet = false
	return nil
}

func (w *scenarioWorld) configure(a *arguments) error {
	c := &w.cfg
	for name, p := range map[string]*time.Duration{
		"tick": &c.TickInterval, "tick-max": &c.TickMax, "ping": &c.PingInterval, "suspect-leader": &c.SuspectLeader,
		"suspect-sequencer": &c.SuspectSequencer, "view-change": &c.ViewChange, "retransmit": &c.Retransmit,
		"sync-interval": &c.SyncInterval, "grace": &c.Grace, "gap-bound": &c.GapBound,
	} {
		var err error
		if *p, err = a.duration(name, *p); err != nil {
			return err
		}
	}
	for name, p := range map[string]*uint64{
		"sync": &c.SyncSlots, "window": &c.Window, "max-log": &c.MaxLog, "keep": &c.KeepLog, "snapshot": &c.Snapshot,
	} {
		v, err := a.number(name, int(*p))
		if err != nil {
			return err
		}
		*p = uint64(v)
	}
	var err error
	if c.MTU, err = a.number("mtu", c.MTU); err != nil {
		return err
	}
	c.MaxClients, err = a.number("max-clients", c.MaxClients)
	return err
}

// journalMachine is a state machine whose state is the list of operations.
type journalMachine struct {
	ops   []string
	slots []uint64
}

func (m *journalMachine) Execute(slot, _ uint64, op, result []byte) []byte {
	m.ops = append(m.ops, string(op))
	m.slots = append(m.slots, slot)
	return fmt.Appendf(result, "%d", len(m.ops))
}

type journalSnapshot string

func (s journalSnapshot) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, string(s))
	return int64(n), err
}

func (m *journalMachine) Snapshot() (io.WriterTo, error) {
	var b strings.Builder
	for i := range m.ops {
		fmt.Fprintf(&b, "%d %s\n", m.slots[i], m.ops[i])
	}
	return journalSnapshot(b.String()), nil
}

func (m *journalMachine) Restore(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m.ops, m.slots = nil, nil
	for line := range strings.Lines(string(b)) {
		slot, op, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		n, err := strconv.ParseUint(slot, 10, 64)
		if err != nil {
			return err
		}
		m.slots, m.ops = append(m.slots, n), append(m.ops, op)
	}
	return nil
}

// undoJournal is a journalMachine that can take operations back.
type undoJournal struct{ *journalMachine }

func (m undoJournal) Undo(slot uint64) {
	for n := len(m.slots); n > 0 && m.slots[n-1] > slot; n-- {
		m.slots, m.ops = m.slots[:n-1], m.ops[:n-1]
	}
}

func (undoJournal) Release(uint64) {}

func (w *scenarioWorld) start(i int) error {
	n := w.nodes[i]
	cfg := w.cfg
	cfg.Self = i
	n.sm = &journalMachine{}
	var sm StateMachine = n.sm
	if w.undo {
		sm = undoJournal{n.sm}
	}
	core, err := New(cfg, n.record, sm)
	if err != nil {
		return err
	}
	n.core, n.up = core, true
	n.core.Start(w.now)
	w.collect(i)
	return nil
}

// collect carries out the effects of replica i: messages are put in flight, records are durable and work is done
// at once.
func (w *scenarioWorld) collect(i int) {
	n := w.nodes[i]
	for n.up {
		effects := n.core.Effects()
		if len(effects) == 0 {
			break
		}
		var work []*Work
		for _, e := range effects {
			switch e.Kind {
			case EffectReplica:
				w.fly(i, []int{e.To}, e.Data)
			case EffectReplicas:
				var others []int
				for to := range w.nodes {
					if to != i {
						others = append(others, to)
					}
				}
				w.fly(i, others, e.Data)
			case EffectGroup:
				w.fly(i, []int{toGroup}, e.Data)
			case EffectClient:
				if w.muted[wire.KindReply] {
					continue
				}
				w.say("%d->client %s", i, w.text.Frame(e.Data))
			case EffectPersist:
				n.record = *e.Record
			case EffectReport:
				w.say("%d->controller reports session %d", i, e.Session)
			case EffectWork:
				work = append(work, e.Work)
			}
		}
		n.core.ClearEffects()
		for _, done := range work {
			done.Run()
			n.core.Finished(w.now, done)
		}
	}
	if n.up {
		if err := n.core.Err(); err != nil {
			w.say("%d stopped: %v", i, err)
			n.up = false
		} else if w.onInput != nil {
			w.onInput(n.core)
		}
	}
}
