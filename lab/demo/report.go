package demo

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/lab/load"
)

// report is the outcome of a run.
type report struct {
	load.Report
	Memory     memory `json:"rss"`
	Replicas   int    `json:"replicas"`
	Sequencers int    `json:"sequencers"`
}

// roleMemory is a role's resident memory: before the first fault, when logs and buffers have not reached
// their working size yet, after each round of faults, and at the end.
type roleMemory struct {
	Role       string   `json:"role"`
	StartBytes uint64   `json:"start_bytes"`
	RoundBytes []uint64 `json:"round_bytes"`
	EndBytes   uint64   `json:"end_bytes"`
	Restarted  bool     `json:"restarted,omitempty"`
	pid        int
}

// roles returns the answers of all roles.
func roles(s *status.Cluster) []status.Probe {
	var all []status.Probe
	all = append(all, s.Controllers...)
	all = append(all, s.Sequencers...)
	all = append(all, s.Groups[0].Replicas...)
	return append(all, s.FrontEnds...)
}

// memory is the resident memory of every role.
type memory []roleMemory

// reading selects a field of roleMemory.
type reading int

const (
	first reading = iota
	later
	last
)

// read records the memory of every role that answered.
func (m *memory) read(s *status.Cluster, which reading) {
	for i, p := range roles(s) {
		if which == first {
			*m = append(*m, roleMemory{Role: p.Name})
		}
		if i < len(*m) && p.Role != nil {
			(*m)[i].enter(p.Role, which)
		}
	}
}

func (m *roleMemory) enter(r *status.Role, which reading) {
	m.Restarted = m.Restarted || m.pid != 0 && m.pid != r.PID
	switch which {
	case first:
		m.StartBytes, m.pid = r.RSS, r.PID
	case later:
		m.RoundBytes = append(m.RoundBytes, r.RSS)
	case last:
		m.EndBytes = r.RSS
	}
}

// WriteText writes the report as text.
func (r *report) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "\n%d replicas, %d sequencers, %.1f s of load, seed %d\n\n", r.Replicas, r.Sequencers, r.Seconds, r.Seed)
	if err := r.WriteFigures(w); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nresident memory in MiB: before the first fault, after each round of faults, at the end")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, m := range r.Memory {
		fmt.Fprintf(t, "  %s\t%4d", m.Role, m.StartBytes>>20)
		for _, b := range m.RoundBytes {
			fmt.Fprintf(t, "\t%4d", b>>20)
		}
		restarted := ""
		if m.Restarted {
			restarted = "restarted meanwhile"
		}
		fmt.Fprintf(t, "\t%4d\t%s\n", m.EndBytes>>20, restarted)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return r.WriteVerdict(w)
}
