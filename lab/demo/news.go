package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/lab/progress"
)

// news shows the progress of the load once a second, and the faults.
type news struct {
	run  *run
	line *progress.Line
	last time.Time
}

// newsEvery is the time between two lines.
const newsEvery = time.Second

func newNews(r *run) *news {
	// The ticker of show sets the pace; half of it tolerates an early tick.
	return &news{run: r, line: progress.New(r.cfg.progress, newsEvery/2), last: time.Now()}
}

// show writes a line a second until ctx is done.
func (n *news) show(ctx context.Context) {
	defer n.line.End()
	ticker := time.NewTicker(newsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			text := n.text(n.run.cluster.Status(ctx))
			n.line.Show(func() string { return text })
		}
	}
}

// text describes the time since the previous line.
func (n *news) text(s *status.Cluster) string {
	operations, p50, p99 := n.run.load.Interval()
	now := time.Now()
	rate := float64(operations) / now.Sub(n.last).Seconds()
	n.last = now
	view, session := "without a leader", uint32(0)
	if g := s.Groups[0]; g.Leader >= 0 {
		view, session = fmt.Sprintf("%s led by replica-%d", g.View, g.Leader), g.Session
	}
	return fmt.Sprintf("%6.1f s  %7.0f ops/s  p50 %6d µs  p99 %6d µs  view %s  session %d",
		n.run.load.Elapsed().Seconds(), rate, p50, p99, view, session)
}

// event prints a fault on its own line.
func (n *news) event(text string) {
	n.line.Print(fmt.Sprintf("%6.1f s  >> %s", n.run.load.Elapsed().Seconds(), text))
}
