package vr

import (
	"time"

	"github.com/netordered/nopaxos/lab/baseline/wire"
	"github.com/netordered/nopaxos/monotime"
)

// arrive takes the time of an input. An input long after the deadline shows that this process was descheduled: that
// time does not count against the leader.
func (r *Replica) arrive(now time.Duration) {
	r.Now = now
	if late := now - r.promised; late > r.Cfg.PingInterval {
		r.heard = min(now, r.heard+late)
		r.change.deadline += late
	}
	r.promised = monotime.Never
}

// Deadline returns the time of the next Tick. It is at most PingInterval away, so that the replica notices when it
// was descheduled.
func (r *Replica) Deadline() time.Duration {
	if r.err != nil {
		return monotime.Never
	}
	d := min(r.fetch.at, r.Now+r.Cfg.PingInterval)
	switch r.phase {
	case phaseNormal:
		d = min(d, r.protocol.Deadline())
		if r.Leads() {
			d = min(d, r.spoke+r.Cfg.PingInterval)
		} else {
			d = min(d, r.heard+r.Cfg.SuspectLeader)
		}
	case phaseViewChange:
		d = min(d, r.change.deadline, r.change.sendAt)
	case phaseRecovering:
		d = min(d, r.recovery.at)
	}
	r.promised = max(d, r.Now)
	return d
}

func (r *Replica) tickNormal() {
	if r.Leads() {
		if r.Now-r.spoke >= r.Cfg.PingInterval {
			r.SendAll(&wire.Commit{Commit: r.commit})
		}
	} else if r.Now-r.heard >= r.Cfg.SuspectLeader {
		r.startViewChange(r.view + 1)
		return
	}
	r.protocol.Tick()
}

func (r *Replica) tickViewChange() {
	if r.Now >= r.change.deadline {
		r.backoff++
		r.startViewChange(r.view + 1)
		return
	}
	if r.Now >= r.change.sendAt {
		r.repeatViewChange()
	}
}
