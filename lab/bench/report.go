package bench

import "time"

// Report has all results of a run. docs/performance.md documents its JSON format.
type Report struct {
	Format   int // of the JSON format
	Machine  Machine
	Scale    string
	Place    string
	Started  time.Time
	Seconds  float64
	Warnings []string `json:",omitempty"` // reasons to distrust the figures

	Isolated  []IsolatedResult
	Cells     []CellResult
	Failovers []Failover
	Figures   []FigureResult
	Targets   []Target
	Profiles  []Profile         `json:",omitempty"`
	Flaws     []string          // errors
	Absent    map[string]string // system → reason why it was not measured
}

// reportFormat increases when readers of the JSON have to change.
const reportFormat = 2

// FigureResult is a figure with its results.
type FigureResult struct {
	Name, Title string
	Source      string // in the paper, and how it was measured there
	Claims      []Claim
	Drawing
}

// report draws the figures and judges the targets.
func (b *bench) report(place string) *Report {
	r := &Report{
		Format: reportFormat, Machine: b.machine, Scale: b.cfg.Scale.Name, Place: place,
		Started: b.began, Seconds: time.Since(b.began).Seconds(), Warnings: append(b.machine.warnings(), b.again...),
		Isolated: b.results.Isolated, Cells: b.results.Cells, Failovers: b.results.Failovers, Profiles: b.results.Profiles,
		Flaws: b.results.Flaws, Absent: b.results.Absent,
	}
	figures, err := b.cfg.figures()
	if err != nil {
		return r // run has returned this error
	}
	for _, f := range figures {
		r.Figures = append(r.Figures, FigureResult{f.Name, f.Title, f.Source, check(f.Claims, &b.results), f.Draw(&b.results)})
	}
	r.Targets = judge(&b.results)
	return r
}
