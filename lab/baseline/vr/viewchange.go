package vr

import (
	"bytes"
	"slices"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
)

// viewChange is the state of a replica in status view-change (§4.2).
type viewChange struct {
	timeout   time.Duration
	deadline  time.Duration // after which the next view is tried
	sendAt    time.Duration // time of the next retransmission
	sendDelay time.Duration
	follows   bool                 // the view has started: ask its leader for START-VIEW
	askedAt   time.Duration        // time of the latest such request
	seconded  []uint64             // by replica: incarnation that sent START-VIEW-CHANGE; 0 if none
	promised  bool                 // f others want the view too, and this replica has promised it
	votes     []*wire.DoViewChange // at the leader, by replica
}

// join is a follower's entry into a view: its newest START-VIEW, kept until the committed entries below are fetched.
type join struct {
	from    int
	commit  uint64
	entries [][]byte
	marks   []byte // on each of entries
	vector  []uint64
}

// maxBackoff bounds the timeout of a view change: 2^6 times the first one.
const maxBackoff = 6

// leave ends normal operation: from now on the replica takes part in no view below the given one. It drops early
// entries, as another view may have others in their slots.
func (r *Replica) leave(view uint64) {
	r.Log.cut(r.Log.End())
	r.view, r.phase = view, phaseViewChange
	timeout := r.Cfg.ViewChange << min(r.backoff, maxBackoff)
	r.change = viewChange{
		timeout: timeout, deadline: r.Now + timeout, sendDelay: r.Cfg.Retransmit,
		askedAt: -time.Hour, seconded: make([]uint64, r.Cfg.N), votes: make([]*wire.DoViewChange, r.Cfg.N),
	}
	r.join = nil
	r.fetch = fetch{at: monotime.Never}
}

// startViewChange moves to a view and asks the others to follow.
func (r *Replica) startViewChange(view uint64) {
	r.leave(view)
	r.Stats.ViewChanges++
	r.repeatViewChange()
	r.tryPromise()
}

// ChangeView starts a higher view, which merges the replicas' logs.
func (r *Replica) ChangeView(view uint64) { r.startViewChange(view) }

// followTo moves to a view that has started without this replica.
func (r *Replica) followTo(view uint64) {
	if r.leaderOf(view) == r.Cfg.Self {
		r.startViewChange(view + 1) // this replica started it before a crash
		return
	}
	r.leave(view)
	r.change.follows = true
	r.change.sendAt = r.Now + r.change.sendDelay
	r.askForView()
}

// askForView asks the leader of a view that has started for START-VIEW.
func (r *Replica) askForView() {
	c := &r.change
	if r.phase == phaseViewChange && r.join == nil && r.Now-c.askedAt >= r.Cfg.Retransmit && r.Leader() != r.Cfg.Self {
		c.askedAt = r.Now
		r.Send(r.Leader(), &wire.StartViewChange{Vector: r.vector})
	}
}

// repeatViewChange retransmits this replica's messages of the view change.
func (r *Replica) repeatViewChange() {
	c := &r.change
	c.sendAt = r.Now + c.sendDelay
	c.sendDelay = min(2*c.sendDelay, 32*r.Cfg.Retransmit)
	if c.follows {
		r.askForView()
		return
	}
	r.SendAll(&wire.StartViewChange{Vector: r.vector})
	if c.promised {
		r.sendPromise()
	}
}

func (r *Replica) sendPromise() {
	if r.Leader() == r.Cfg.Self {
		r.tryForm()
		return
	}
	r.Send(r.Leader(), r.ownVote())
}

// ownVote is this replica's promise. Its entries alias the log.
func (r *Replica) ownVote() *wire.DoViewChange {
	return &wire.DoViewChange{
		LastNormal: r.lastNormal, Commit: r.commit, Vector: r.vector,
		Entries: r.Entries(r.commit, r.Log.End(), wholeLog), Marks: r.marks(),
	}
}

// marks are those of the uncommitted entries.
func (r *Replica) marks() (marks []byte) {
	for slot := r.commit + 1; slot <= r.Log.End(); slot++ {
		marks = append(marks, r.Log.Mark(slot))
	}
	return marks
}

// know merges another replica's crash vector into the own one.
func (r *Replica) know(vector []uint64) {
	for i := range min(len(vector), len(r.vector)) {
		r.vector[i] = max(r.vector[i], vector[i])
	}
}

// tell tells a replica in an older view about this view, at most once per Retransmit.
func (r *Replica) tell(to int) {
	if r.Now-r.answeredAt[to] < r.Cfg.Retransmit {
		return
	}
	r.answeredAt[to] = r.Now
	if r.Leads() {
		r.Send(to, r.startView())
		return
	}
	r.Send(to, &wire.StartViewChange{Vector: r.vector})
}

func (r *Replica) onStartViewChange(from int, m *wire.StartViewChange) {
	r.know(m.Vector)
	switch {
	case m.View < r.view:
		r.tell(from)
		return
	case m.View > r.view:
		r.startViewChange(m.View)
	case r.phase == phaseNormal:
		if r.Leads() {
			r.tell(from)
		}
		return
	}
	r.change.seconded[from] = m.Incarnation
	r.tryPromise()
}

// tryPromise promises the view once f others want it too.
func (r *Replica) tryPromise() {
	c := &r.change
	if c.promised || c.follows {
		return
	}
	n := 0
	for i, incarnation := range c.seconded {
		if incarnation != 0 && incarnation == r.vector[i] {
			n++
		}
	}
	if n >= r.F {
		c.promised = true
		r.sendPromise()
	}
}

func (r *Replica) onDoViewChange(from int, m *wire.DoViewChange) {
	r.know(m.Vector)
	if r.leaderOf(m.View) != r.Cfg.Self || m.View < r.view {
		return
	}
	if m.View > r.view {
		r.startViewChange(m.View)
	} else if r.phase == phaseNormal {
		r.tell(from)
		return
	}
	r.change.votes[from] = cloneVote(m)
	r.change.seconded[from] = m.Incarnation
	r.change.promised = true // the sender saw f others want the view
	r.tryForm()
}

func cloneVote(m *wire.DoViewChange) *wire.DoViewChange {
	kept := *m
	kept.Entries, kept.Marks, kept.Vector = cloneEntries(m.Entries), slices.Clone(m.Marks), slices.Clone(m.Vector)
	return &kept
}

func cloneEntries(entries [][]byte) [][]byte {
	clone := make([][]byte, len(entries))
	for i, e := range entries {
		clone[i] = bytes.Clone(e)
	}
	return clone
}

// tryForm starts the view at its leader once it has f+1 promises, none of them from before a crash, and all committed
// entries.
func (r *Replica) tryForm() {
	own := cloneVote(r.ownVote())
	own.Header = r.head(r.view)
	votes := []*wire.DoViewChange{own}
	most := own
	for i, v := range r.change.votes {
		if v == nil || v.Incarnation != r.vector[i] {
			continue
		}
		votes = append(votes, v)
		if v.Commit > most.Commit {
			most = v
		}
	}
	if len(votes) <= r.F {
		return
	}
	if most.Commit > r.commit {
		r.startFetch(int(most.Replica), most.Commit)
		return
	}
	r.adopt(r.commit, r.protocol.Merge(votes, r.commit))
	copy(r.formed, r.vector)
	r.enter()
}

// startView returns START-VIEW with the leader's current log.
func (r *Replica) startView() *wire.StartView {
	return &wire.StartView{
		Commit: r.commit, Entries: r.Entries(r.commit, r.Log.End(), wholeLog), Marks: r.marks(), Vector: r.formed,
	}
}

func (r *Replica) onStartView(from int, m *wire.StartView) {
	if from != r.leaderOf(m.View) || m.View < r.view || m.View == r.view && r.phase == phaseNormal {
		return
	}
	if m.View > r.view {
		r.leave(m.View)
	}
	r.change.follows = true
	r.joinView(&join{
		from: from, commit: m.Commit,
		entries: cloneEntries(m.Entries), marks: slices.Clone(m.Marks), vector: slices.Clone(m.Vector),
	})
}

// joinView enters the view once all committed entries below its log are here.
func (r *Replica) joinView(j *join) {
	r.join = j
	r.tryJoin()
}

func (r *Replica) tryJoin() {
	j := r.join
	if r.commit < j.commit {
		r.startFetch(j.from, j.commit)
		return
	}
	if r.commit > j.commit+uint64(len(j.entries)) {
		r.joinAnew()
		return
	}
	r.adopt(j.commit, j.entries)
	for slot := r.commit + 1; slot <= r.Log.End(); slot++ {
		r.Log.SetMark(slot, j.marks[slot-j.commit-1])
	}
	copy(r.formed, j.vector)
	r.know(j.vector)
	r.join = nil
	r.enter()
}

// joinAnew asks for a newer START-VIEW: the fetched entries are ahead of the current one.
func (r *Replica) joinAnew() {
	r.join = nil
	if r.phase == phaseRecovering {
		r.askForRecovery()
		return
	}
	r.change.askedAt = -time.Hour
	r.askForView()
}

// enter enters the view in status normal.
func (r *Replica) enter() {
	r.phase, r.lastNormal = phaseNormal, r.view
	r.heard, r.spoke, r.enteredAt = r.Now, r.Now, r.Now
	r.change = viewChange{}
	r.fetch = fetch{at: monotime.Never}
	r.Stats.ViewsEntered++
	r.protocol.Entered()
	if r.view > 0 && r.Leads() {
		r.SendAll(r.startView())
	}
}
