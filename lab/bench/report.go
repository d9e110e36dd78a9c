package bench

import "time"

// Report is everything that a run found.
type Report struct {
	Format   int // of this text
	Machine  Machine
	Scale    string
	Place    string
	Started  time.Time
	Seconds  float64
	Warnings []string `json:",omitempty"` // why the figures are not to be trusted

	Cells     []CellResult
	Failovers []Failover
	Figures   []FigureResult
	Targets   []Target
	Profiles  []Profile         `json:",omitempty"`
	Flaws     []string          // what went wrong
	Absent    map[string]string // system → why it was not measured
}

// reportFormat changes when a reader of the JSON would have to.
const reportFormat = 2

// FigureResult is a figure as it came out.
type FigureResult struct {
	Name, Title string
	Source      string // where the paper has it, and how it was measured there
	Claims      []Claim
	Drawing
}

// report draws the figures and judges the targets.
func (b *bench) report(place string) *Report {
	r := &Report{
		Format: reportFormat, Machine: b.machine, Scale: b.cfg.Scale.Name, Place: place,
		Started: b.began, Seconds: time.Since(b.began).Seconds(), Warnings: append(b.machine.warnings(), b.again...),
		Cells: b.results.Cells, Failovers: b.results.Failovers, Profiles: b.results.Profiles,
		Flaws: b.results.Flaws, Absent: b.results.Absent,
	}
	figures, err := b.cfg.figures()
	if err != nil {
		return r // run has refused it
	}
	for _, f := range figures {
		r.Figures = append(r.Figures, FigureResult{f.Name, f.Title, f.Source, check(f.Claims, &b.results), f.Draw(&b.results)})
	}
	r.Targets = judge(&b.results)
	return r
}
