package fabric

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// The wanted forwarding is sent to a switch, which confirms it or fails to.

// UpToDate reports whether switch s has confirmed its wanted forwarding.
func (f *Fabric) UpToDate(s int) bool { return f.switches[s].done == f.switches[s].wanted }

// Prepare returns the wanted forwarding of switch s, nil for None, and records that it is sent there.
func (f *Fabric) Prepare(s int) *Forwarding {
	if s == None {
		return nil
	}
	st := &f.switches[s]
	st.sent = st.wanted
	for i, g := range st.sent.Groups {
		st.copies[i].send(g)
	}
	return st.sent
}

// AwaitReply sets the time by which switch s must confirm the forwarding sent to it, unless a time is set.
func (f *Fabric) AwaitReply(s int, by time.Duration) {
	if s != None && f.switches[s].replyBy == monotime.Never {
		f.switches[s].replyBy = by
	}
}

// Prepared records the answer of switch s: it has the forwarding sent to it (ok), or perhaps only a part.
func (f *Fabric) Prepared(s int, ok bool) {
	if s == None {
		return
	}
	st := &f.switches[s]
	st.replyBy = monotime.Never
	if ok {
		st.done, st.returns = st.sent, true
		for i, g := range st.done.Groups {
			st.copies[i].confirm(g)
		}
	}
	f.setDown(s, !ok)
}

// Lost records the loss of the connection to switch s. The switch is given up at once if its process has ended
// (refused), otherwise at downAt.
func (f *Fabric) Lost(s int, refused bool, downAt time.Duration) {
	if s == None {
		return
	}
	st := &f.switches[s]
	st.sent, st.done, st.replyBy = nil, nil, monotime.Never
	switch {
	case refused:
		f.ended(s)
	case !f.health.down[s]:
		st.downAt = min(st.downAt, downAt)
	}
}

// Runs records the pipeline of switch s: ours, and so all installed entries, or another one.
func (f *Fabric) Runs(now time.Duration, s int, ours bool) {
	switch {
	case s == None:
	case !ours:
		f.ended(s)
	case now >= f.startBy:
		f.switches[s].downAt = monotime.Never
	}
}

// ended records that the process of switch s has ended, or has lost its entries.
func (f *Fabric) ended(s int) {
	st := &f.switches[s]
	st.returns = false
	kept := false
	for i := range st.copies {
		kept = kept || st.copies[i].exact
		st.copies[i].exact = false
	}
	if kept && f.health.down[s] {
		f.reroute()
	}
	f.setDown(s, true)
}

// Expire gives up the switches whose time is over, and returns those whose reply is overdue: the caller resets their
// connections.
func (f *Fabric) Expire(now time.Duration) (overdue []int) {
	for s := range f.switches {
		if now >= f.switches[s].downAt {
			f.setDown(s, true)
		}
		if now >= f.switches[s].replyBy {
			f.switches[s].replyBy = monotime.Never
			overdue = append(overdue, s)
		}
	}
	return overdue
}
