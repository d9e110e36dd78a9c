package server

import (
	"log/slog"
	"time"

	"github.com/netordered/nopaxos/replica"
)

// stallReports is the least time between two log lines about stalls.
const stallReports = 10 * time.Second

// stallWatch logs that the machine did not run this process in time, which its peers may take for a failure.
type stallWatch struct {
	log      *slog.Logger
	reported time.Time     // when it logged last
	counted  time.Duration // the stalls that it has logged
}

// observe takes the replica's status.
func (w *stallWatch) observe(now time.Time, s *replica.Status) {
	total := time.Duration(s.Counters.Stalled)
	if total > w.counted && (w.reported.IsZero() || now.Sub(w.reported) >= stallReports) {
		w.log.Warn("this machine stalls: it did not run the replica in time, and other replicas may take that for a failure. "+
			"Give it more CPU time, or raise suspect_leader and suspect_sequencer",
			"stalled", (total - w.counted).Round(time.Microsecond), "in_all", total.Round(time.Microsecond))
		w.reported, w.counted = now, total
	}
}
