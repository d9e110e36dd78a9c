package demo

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/netordered/nopaxos/internal/status"
)

// Report is what came of a run.
type Report struct {
	OK               bool     `json:"ok"` // everything held
	Linearizable     bool     `json:"linearizable"`
	Operations       uint64   `json:"operations"` // that completed
	Throughput       float64  `json:"throughput"` // operations per second
	P50Micros        int64    `json:"p50_us"`
	P99Micros        int64    `json:"p99_us"`
	Faults           []Fault  `json:"faults"`
	AcknowledgedLost int      `json:"acknowledged_lost"` // writes
	Acknowledged     uint64   `json:"acknowledged"`      // writes
	Unknown          uint64   `json:"unknown"`           // operations without an outcome
	Windows          int      `json:"windows"`           // parts that the history was checked in
	Paths            []Path   `json:"paths"`
	Memory           []Memory `json:"rss"`
	Violations       []string `json:"violations,omitempty"` // what did not hold, in words
	Replicas         int      `json:"replicas"`
	Sequencers       int      `json:"sequencers"`
	Seed             uint64   `json:"seed"`
	Seconds          float64  `json:"seconds"`
}

// Path is the load's part that went one way.
type Path struct {
	Name       string `json:"name"`
	Operations uint64 `json:"operations"`
	P50Micros  int64  `json:"p50_us"`
	P99Micros  int64  `json:"p99_us"`
}

// Memory is a role's resident memory: before the first fault, when logs and buffers have not reached
// their working size yet, after each round of faults, and at the end.
type Memory struct {
	Role       string   `json:"role"`
	StartBytes uint64   `json:"start_bytes"`
	RoundBytes []uint64 `json:"round_bytes"`
	EndBytes   uint64   `json:"end_bytes"`
	Restarted  bool     `json:"restarted,omitempty"` // in between
	pid        int
}

func newReport(cfg Config) *Report {
	return &Report{Seed: cfg.Seed, Faults: []Fault{}}
}

// roles are all answers.
func roles(s *status.Cluster) []status.Probe {
	var all []status.Probe
	all = append(all, s.Controllers...)
	all = append(all, s.Sequencers...)
	all = append(all, s.Groups[0].Replicas...)
	return append(all, s.FrontEnds...)
}

func (r *Report) memoryAtStart(s *status.Cluster) {
	for _, p := range roles(s) {
		m := Memory{Role: p.Name}
		if p.Role != nil {
			m.StartBytes, m.pid = p.RSS, p.PID
		}
		r.Memory = append(r.Memory, m)
	}
}

// memoryNow enters a later reading: of a round's end, or the last one.
func (r *Report) memoryNow(s *status.Cluster, last bool) {
	for _, p := range roles(s) {
		for i := range r.Memory {
			m := &r.Memory[i]
			if m.Role != p.Name || p.Role == nil {
				continue
			}
			m.Restarted = m.Restarted || m.pid != p.PID
			if last {
				m.EndBytes = p.RSS
			} else {
				m.RoundBytes = append(m.RoundBytes, p.RSS)
			}
		}
	}
}

// conclude fills in the report.
func (r *run) conclude(ctx context.Context, elapsed time.Duration, problem error) {
	report, rec := r.report, r.recorder
	report.Replicas, report.Sequencers = len(r.cluster.File().Groups[0].Replicas), len(r.cluster.File().Sequencers)
	report.Seconds = elapsed.Seconds()
	all := newHistogram()
	for p, s := range rec.total {
		all.Merge(s.latency)
		report.Operations += s.operations
		report.Paths = append(report.Paths, Path{
			Name: path(p).String(), Operations: s.operations,
			P50Micros: s.latency.ValueAtQuantile(50), P99Micros: s.latency.ValueAtQuantile(99),
		})
	}
	report.Throughput = float64(report.Operations) / elapsed.Seconds()
	report.P50Micros, report.P99Micros = all.ValueAtQuantile(50), all.ValueAtQuantile(99)
	report.Acknowledged, report.Unknown = rec.acked, rec.unknown
	report.Windows = r.judge.windows
	report.AcknowledgedLost = r.judge.lost
	report.Violations = append(append(report.Violations, r.judge.violations...), r.load.strangers...)
	report.Linearizable = len(report.Violations) == 0
	report.memoryNow(r.cluster.Status(ctx), true)
	if problem != nil {
		report.Violations = append(report.Violations, problem.Error())
	}
	if report.Operations == 0 {
		report.Violations = append(report.Violations, "no operation completed")
	}
	report.OK = len(report.Violations) == 0 && report.AcknowledgedLost == 0
}

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "\n%d replicas, %d sequencers, %.1f s of load, seed %d\n\n", r.Replicas, r.Sequencers, r.Seconds, r.Seed)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "operations\t%d completed, %.0f per second; p50 %d µs, p99 %d µs\n", r.Operations, r.Throughput, r.P50Micros, r.P99Micros)
	for _, p := range r.Paths {
		fmt.Fprintf(t, "\t%d by %s; p50 %d µs, p99 %d µs\n", p.Operations, p.Name, p.P50Micros, p.P99Micros)
	}
	fmt.Fprintf(t, "acknowledged writes\t%d, %d lost\n", r.Acknowledged, r.AcknowledgedLost)
	fmt.Fprintf(t, "unknown outcomes\t%d\n", r.Unknown)
	fmt.Fprintf(t, "linearizable\t%s (porcupine, %d windows)\n", yesNo(r.Linearizable), r.Windows)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nlongest time without a completed operation, from each fault to the next")
	for _, f := range r.Faults {
		fmt.Fprintf(t, "  %s\t%8.1f ms\n", f.Name, f.GapMillis)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nresident memory in MiB: before the first fault, after each round of faults, at the end")
	for _, m := range r.Memory {
		fmt.Fprintf(t, "  %s\t%4d", m.Role, m.StartBytes>>20)
		for _, b := range m.RoundBytes {
			fmt.Fprintf(t, "\t%4d", b>>20)
		}
		restarted := ""
		if m.Restarted {
			restarted = "restarted in between"
		}
		fmt.Fprintf(t, "\t%4d\t%s\n", m.EndBytes>>20, restarted)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for _, v := range r.Violations {
		fmt.Fprintln(w, "FAILED:", v)
	}
	result := "everything held"
	if !r.OK {
		result = "NOT everything held"
	}
	_, err := fmt.Fprintln(w, result)
	return err
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}
