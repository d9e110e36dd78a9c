package server

import (
	"log/slog"
	"time"

	"github.com/netordered/nopaxos/replica"
)

// recoveryPatience is how long a replica recovers before it says that it may wait for ever. Ordinary
// recovery takes a view change and a snapshot.
const recoveryPatience = 5 * time.Second

// recoveryWatch follows a replica's recovery, and says once what it waits for when that takes long.
// The state is in memory: when more than f replicas lose theirs at once, nobody can tell what was
// committed, and the protocol rightly never ends their recovery.
type recoveryWatch struct {
	log    *slog.Logger
	n      int       // replicas in the group
	since  time.Time // zero: the replica does not recover
	warned bool
}

// observe takes the replica's status and returns for how long the replica has been recovering.
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
		w.log.Warn("replica still recovers: its state was in memory, and it waits for f+1 other replicas that kept theirs. "+
			"Start or reconnect those. If more than f were restarted at once, the group's state is gone, and the group stays "+
			"down until an operator gives it up: see `nopaxos bootstrap --help`, --discard-state",
			"for", lasts.Round(time.Second), "f", f, "waits_for", f+1)
	}
	return lasts
}
