package replica

import (
	"encoding/binary"
	"time"

	"github.com/netordered/nopaxos/internal/codec"
	"github.com/netordered/nopaxos/replica/wire"
)

// AppendState appends the core's state in a canonical form: two cores of the same configuration with equal forms
// react alike to the same inputs, provided that their state machines are equal, that all effects have been
// carried out, and that time-outs may expire at any moment. A state-space explorer, such as package
// lab/sim/worlds, uses it to recognise a state that it has visited before.
//
// The form omits fields that cannot influence which messages the core sends (counters, reused memory) and fields
// that only decide when a time-out expires. TestStateIsComplete lists them; it fails for a field that is neither
// listed nor part of the form. class maps each of the remaining times to what matters to the explorer, such as
// whether it has passed.
func (c *Core) AppendState(b []byte, class func(time.Duration) byte) []byte {
	w := stateWriter{b: b, class: class}
	w.record(&c.durable)
	w.uints(uint64(c.phase), uint64(c.recovery.session))
	w.peers(c)

	w.log(&c.log)
	w.uints(c.base, c.syncPoint, c.executed, c.logTime)
	w.b = c.table.AppendState(w.b)
	w.snapshot(c.snapshots.stable)
	w.snapshot(c.snapshots.next)
	w.incoming(c.incoming)

	w.b = c.rx.AppendState(w.b)
	w.viewLog(c.prefetched)
	w.viewState(&c.view)
	return w.b
}

// Entries returns the log, one entry for each slot. Payloads alias the log.
func (c *Core) Entries() []wire.Entry {
	entries := make([]wire.Entry, 0, c.log.len())
	for slot := c.log.start + 1; slot <= c.log.end; slot++ {
		e, _ := c.find(slot)
		entries = append(entries, e)
	}
	return entries
}

// Fetching describes the part of another replica's log that a core waits for.
type Fetching struct {
	From     int    // the other replica
	Have     uint64 // the part begins behind this slot
	Snapshot bool   // a snapshot comes first
}

// Fetching returns what the core fetches; ok is false if it fetches nothing.
func (c *Core) Fetching() (f Fetching, ok bool) {
	if c.view.fetch == nil {
		return Fetching{}, false
	}
	return Fetching{From: c.view.fetch.from, Have: c.view.fetch.have, Snapshot: c.view.fetch.transfer != nil}, true
}

// stateWriter appends parts of a core's state: numbers as varints, lists after their length.
type stateWriter struct {
	b     []byte
	class func(time.Duration) byte
}

func (w *stateWriter) uints(values ...uint64) {
	for _, v := range values {
		w.b = binary.AppendUvarint(w.b, v)
	}
}

func (w *stateWriter) bools(values ...bool) {
	for _, v := range values {
		w.b = codec.AppendBool(w.b, v)
	}
}

func (w *stateWriter) present(v bool) bool {
	w.bools(v)
	return v
}

func (w *stateWriter) bytes(v []byte) {
	w.uints(uint64(len(v)))
	w.b = append(w.b, v...)
}

func (w *stateWriter) time(t time.Duration) { w.b = append(w.b, w.class(t)) }
func (w *stateWriter) view(v wire.View)     { w.uints(v.Leader, uint64(v.Session)) }
func (w *stateWriter) digest(d wire.Digest) { w.uints(d.Hi, d.Lo) }
func (w *stateWriter) set(s set)            { w.uints(s[:]...) }
func (w *stateWriter) record(r *Record) {
	w.view(r.View)
	w.view(r.LastNormal)
	w.uints(r.Incarnation, r.Epoch)
}

func (w *stateWriter) ranges(ranges []wire.Range) {
	w.uints(uint64(len(ranges)))
	for _, r := range ranges {
		w.uints(r.First, r.Last)
	}
}

func (w *stateWriter) entries(entries []wire.Entry) {
	w.uints(uint64(len(entries)))
	for _, e := range entries {
		w.uints(e.Slot, uint64(e.Kind), uint64(e.Session), e.Number, e.Count)
		w.bytes(e.Payload)
	}
}

// peers writes, instead of the time at which a replica was last heard, the comparison that allLack makes with it.
func (w *stateWriter) peers(c *Core) {
	for i := range c.peers {
		p := &c.peers[i]
		w.uints(p.incarnation, p.recoverHandled, p.active)
		w.bools(p.heardAt >= c.now-c.cfg.SuspectLeader)
		if o := p.outgoing; w.present(o != nil) {
			w.snapshot(o.snapshot)
			w.time(o.usedAt)
		}
	}
}

func (w *stateWriter) viewState(v *viewState) {
	w.window(&v.window)
	w.uints(v.high)
	w.gaps(&v.gaps)
	w.sync(&v.sync)
	w.time(v.startView.at)
	w.set(v.startView.acks)
	if r := v.repair; w.present(r != nil) {
		w.uints(r.p)
		w.digest(r.digest)
		w.bools(r.stable)
	}
	w.change(&v.change)
	if up := v.catchUp; w.present(up != nil) {
		w.viewLog(&up.viewLog)
		w.b = wire.Append(w.b, &up.target)
		w.bools(up.fetchAll)
	}
	w.fetch(v.fetch)
}

// log writes the entries, from which their digests follow.
func (w *stateWriter) log(l *log) {
	w.uints(l.start, l.end)
	w.digest(l.startDigest)
	w.ranges(l.noops)
	for slot := l.start + 1; slot <= l.end; slot++ {
		e := l.at(slot)
		w.uints(uint64(e.kind), uint64(e.session), e.number)
		w.bytes(e.payload)
	}
}

func (w *stateWriter) snapshot(s *snapshot) {
	if !w.present(s != nil) {
		return
	}
	w.uints(s.slot, s.base, uint64(s.session))
	w.digest(s.digest)
	w.bools(s.loaded != nil)
}

func (w *stateWriter) incoming(t *incoming) {
	if w.present(t != nil) {
		w.uints(uint64(t.from), t.incarnation, t.slot, t.offset)
	}
}

func (w *stateWriter) window(win *window) {
	for i := range win.cells {
		c := &win.cells[i]
		if c.slot == 0 {
			continue
		}
		w.uints(c.slot, uint64(c.state), uint64(c.kind))
		w.time(c.since)
		w.time(c.asked)
		w.set(c.lacking)
		w.bytes(c.payload)
	}
	w.uints(0)
}

func (w *stateWriter) gaps(g *gapState) {
	w.time(g.at)
	w.uints(uint64(len(g.commits)))
	for i := range g.commits {
		w.uints(g.commits[i].slots.First, g.commits[i].slots.Last)
		w.set(g.commits[i].acks)
	}
	w.ranges(g.deferred)
}

func (w *stateWriter) sync(s *syncState) {
	w.bools(s.open)
	w.uints(s.p)
	w.digest(s.digest)
	w.set(s.acks)
	w.time(s.nextAt)
	w.uints(uint64(len(s.done)))
	w.uints(s.done...)
	w.b = wire.Append(w.b, &s.pending)
}

func (w *stateWriter) change(v *viewChange) {
	w.promises(v.received)
	w.set(v.silent)
	w.bools(v.formed)
	if m := v.merge; w.present(m != nil) {
		w.promises(m.contenders)
		w.uints(uint64(m.holder), m.base, m.sp, m.end)
	}
}

func (w *stateWriter) promises(messages []*wire.ViewChange) {
	w.uints(uint64(len(messages)))
	for _, m := range messages {
		if w.present(m != nil) {
			w.b = wire.Append(w.b, m)
		}
	}
}

func (w *stateWriter) viewLog(l *viewLog) {
	if !w.present(l != nil) {
		return
	}
	w.view(l.view)
	w.uints(l.base, l.sp, l.start)
	w.snapshot(l.snapshot)
	w.entries(l.entries)
}

// fetch writes the number of tries only for a merge, which gives a holder up after maxTries.
func (w *stateWriter) fetch(f *fetch) {
	if !w.present(f != nil) {
		return
	}
	w.uints(uint64(f.purpose), uint64(f.from), f.start, f.have, f.want)
	w.view(f.view)
	w.view(f.lastNormal)
	w.entries(f.entries)
	w.snapshot(f.snapshot)
	w.bools(f.transfer != nil)
	if f.purpose == fetchMerge {
		w.uints(uint64(f.tries))
	}
}
