package demo

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/netordered/nopaxos/internal/status"
)

// progress shows how the load fares, once a second.
type progress struct {
	run *run

	mu      sync.Mutex
	out     io.Writer
	last    time.Time
	pending bool // the terminal's line is not ended
}

func newProgress(r *run) *progress {
	return &progress{run: r, out: r.cfg.Progress, last: time.Now()}
}

// show writes a line a second until ctx is done.
func (p *progress) show(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			p.mu.Lock()
			defer p.mu.Unlock()
			p.endLine()
			return
		case <-ticker.C:
			line := p.line(p.run.cluster.Status(ctx))
			p.mu.Lock()
			p.write(line)
			p.mu.Unlock()
		}
	}
}

// line says what happened since the last one.
func (p *progress) line(s *status.Cluster) string {
	operations, p50, p99 := p.run.load.Interval()
	now := time.Now()
	rate := float64(operations) / now.Sub(p.last).Seconds()
	p.last = now
	view, session := "without a leader", uint32(0)
	if g := s.Groups[0]; g.Leader >= 0 {
		view, session = fmt.Sprintf("%s led by replica-%d", g.View, g.Leader), g.Session
	}
	return fmt.Sprintf("%6.1f s  %7.0f ops/s  p50 %6d µs  p99 %6d µs  view %s  session %d",
		p.run.load.Elapsed().Seconds(), rate, p50, p99, view, session)
}

func (p *progress) write(line string) {
	if !p.run.cfg.Terminal {
		fmt.Fprintln(p.out, line)
		return
	}
	const clearToEnd = "\x1b[K"
	fmt.Fprint(p.out, "\r", line, clearToEnd)
	p.pending = true
}

// event tells of a fault, on a line of its own.
func (p *progress) event(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endLine()
	fmt.Fprintf(p.out, "%6.1f s  >> %s\n", p.run.load.Elapsed().Seconds(), text)
}

func (p *progress) endLine() {
	if p.pending {
		fmt.Fprintln(p.out)
		p.pending = false
	}
}
