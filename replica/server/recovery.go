package server

import (
	"log/slog"
	"time"

	"github.com/netordered/nopaxos/replica"
)

// recoveryPatience is the time after which a recovering replica logs that it may wait forever. Ordinary recovery takes a view change
// and a snapshot.
const recoveryPatience = 5 * time.Second

// recoveryWatch follows a replica's recovery and logs once, when that takes long, which replicas it waits for. The state is in
// memory: if more than f replicas lose theirs at once, no replica knows the committed operations, and recovery never ends.
type recoveryWatch struct {
	log    *slog.Logger
	n      int       // replicas in the group
	since  time.Time // zero: not recovering
	warned bool
}

// observe takes the replica's status and returns the time that the replica has been recovering.
func (w *recoveryWatch) observe(now time.Time, s replica.Status) time.Duration {
	if !s.Recovering() {
		if w.warned {
			w.log.Info("replica has recovered", "after", now.Sub(w.since).Round(time.Millisecond))
		}
		w.since, w.warned = time.Time{}, false
		return 0
	}
	if w.since.IsZero() {
		w.since = now
	}
	lasts := now.Sub(w.since)
	if lasts >= recoveryPatience && !w.warned {
		w.warned = true
		f := w.n / 2
		w.log.Warn("replica is still recovering: its state was in memory, and it waits for f+1 other replicas that kept theirs. "+
			"Start or reconnect those. If more than f restarted at once, the group's state is lost, and the group stays "+
			"down until an operator discards it: see `nopaxos bootstrap --help`, --discard-state",
			"for", lasts.Round(time.Second), "f", f, "waits_for", f+1)
	}
	return lasts
}
