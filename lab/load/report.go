package load

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is the outcome of a load.
type Report struct {
	OK               bool     `json:"ok"` // everything held
	Linearizable     bool     `json:"linearizable"`
	Operations       uint64   `json:"operations"` // completed
	Throughput       float64  `json:"throughput"` // operations per second
	P50Micros        int64    `json:"p50_us"`
	P99Micros        int64    `json:"p99_us"`
	Faults           []Fault  `json:"faults"`
	AcknowledgedLost int      `json:"acknowledged_lost"` // writes
	Acknowledged     uint64   `json:"acknowledged"`      // writes
	Unknown          uint64   `json:"unknown"`           // operations without an outcome
	Windows          int      `json:"windows"`           // separately checked parts of the history
	Paths            []Path   `json:"paths"`
	Violations       []string `json:"violations,omitempty"` // in words
	Seed             uint64   `json:"seed"`
	Seconds          float64  `json:"seconds"`
}

// Fault is an event during the load and the longest gap in service after it.
type Fault struct {
	Name string `json:"name"`
	// GapMillis is the longest time, in milliseconds, without a completed operation from this event to
	// the next.
	GapMillis float64 `json:"gap_ms"`
}

// NewFault names the event at a call of Mark; gap is the result of the next call.
func NewFault(name string, gap time.Duration) Fault {
	return Fault{Name: name, GapMillis: float64(gap.Microseconds()) / 1000}
}

// Path is the part of the load that took one path.
type Path struct {
	Name       string `json:"name"`
	Operations uint64 `json:"operations"`
	P50Micros  int64  `json:"p50_us"`
	P99Micros  int64  `json:"p99_us"`
}

// report reports on a load that has ended.
func (l *Load) report(elapsed time.Duration) *Report {
	rec := l.recorder
	r := &Report{
		Faults: []Fault{}, Seed: l.seed, Seconds: elapsed.Seconds(),
		Acknowledged: rec.acked, Unknown: rec.unknown,
		Windows: l.judge.windows, AcknowledgedLost: l.judge.lost,
		Violations: append(l.judge.violations, l.workload.strangers...),
	}
	r.Linearizable = len(r.Violations) == 0
	all := newHistogram()
	for p, s := range rec.total {
		all.Merge(s.latency)
		r.Operations += s.operations
		r.Paths = append(r.Paths, Path{
			Name: path(p).String(), Operations: s.operations,
			P50Micros: s.latency.ValueAtQuantile(50), P99Micros: s.latency.ValueAtQuantile(99),
		})
	}
	r.Throughput = float64(r.Operations) / elapsed.Seconds()
	r.P50Micros, r.P99Micros = all.ValueAtQuantile(50), all.ValueAtQuantile(99)
	r.OK = len(r.Violations) == 0 && r.AcknowledgedLost == 0
	if r.Operations == 0 {
		r.Fail("no operation completed")
	}
	return r
}

// Fail adds a violation.
func (r *Report) Fail(violation string) {
	r.Violations = append(r.Violations, violation)
	r.OK = false
}

// WriteText writes the report as text.
func (r *Report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "\n%.1f s of load, seed %d\n\n", r.Seconds, r.Seed)
	if err := r.WriteFigures(w); err != nil {
		return err
	}
	return r.WriteVerdict(w)
}

// WriteFigures writes everything but the verdict as text.
func (r *Report) WriteFigures(w io.Writer) error {
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
	if len(r.Faults) > 0 {
		fmt.Fprintln(w, "\nlongest time without a completed operation, from each fault to the next")
	}
	for _, f := range r.Faults {
		fmt.Fprintf(t, "  %s\t%8.1f ms\n", f.Name, f.GapMillis)
	}
	return t.Flush()
}

// WriteVerdict writes the violations and the verdict.
func (r *Report) WriteVerdict(w io.Writer) error {
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
