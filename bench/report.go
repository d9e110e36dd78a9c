package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// Report is everything that a run found.
type Report struct {
	Format  int // of this text
	Machine Machine
	Scale   string
	Place   string
	Started time.Time
	Seconds float64

	Cells     []CellResult
	Failovers []Failover
	Figures   []FigureResult
	Targets   []Target
	Flaws     []string          // what went wrong
	Absent    map[string]string // system → why it was not measured
}

// reportFormat changes when a reader of the JSON would have to.
const reportFormat = 1

// FigureResult is a figure as it came out.
type FigureResult struct {
	Name, Title, Paper string
	Drawing
}

// Machine is what it was measured on.
type Machine struct {
	Version, Go, OS, Arch string
	CPU                   string
	Cores                 int
	Kernel                string
}

// report draws the figures and judges the targets.
func (b *bench) report(place string) *Report {
	r := &Report{
		Format: reportFormat, Machine: machine(b.cfg.Version), Scale: b.cfg.Scale.Name, Place: place,
		Started: b.began, Seconds: time.Since(b.began).Seconds(), Cells: b.results.Cells, Failovers: b.results.Failovers, Flaws: b.results.Flaws, Absent: b.results.Absent,
	}
	figures, err := b.cfg.figures()
	if err != nil {
		return r // run has refused it
	}
	for _, f := range figures {
		r.Figures = append(r.Figures, FigureResult{f.Name, f.Title, f.Paper, f.Draw(&b.results)})
	}
	r.Targets = judge(&b.results)
	return r
}

func machine(version string) Machine {
	m := Machine{Version: version, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	// Where these files are not there, nothing is said.
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	return m
}

// String says it in a line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s %s, %s, nopaxos %s", m.CPU, m.Cores, m.OS, m.Kernel, m.Go, m.Version)
}
