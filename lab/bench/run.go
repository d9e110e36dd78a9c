package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/lab/progress"
)

// Config configures a run.
type Config struct {
	Nopaxos string // the nopaxos binary
	Lab     string // the nopaxos-lab binary, for the roles
	Dir     string // for logs and the state of roles; removed at the end
	Place   string // one of the Places
	Scale   Scale
	Figures []string  // names; nil: all
	Systems []string  // names; nil: all
	Shown   io.Writer // progress
	Version string
	Profile bool // also take CPU profiles
}

// clientProcesses is the number of load generators.
const clientProcesses = 2

// bench is a run.
type bench struct {
	cfg     *Config
	place   place
	machine Machine
	line    *progress.Line
	plan    []step
	began   time.Time
	spent   float64  // of total
	total   float64  // of the plan, in estimated seconds
	done    int      // steps
	again   []string // errors of steps that were repeated

	results results
	samples map[Cell][]Sample
}

// step is one deployment with its measurements.
type step struct {
	repetition int
	key        deploymentKey
	cells      []Cell
	failover   bool // kill its sequencer, instead of measuring cells
	profile    bool // profile its only cell
	isolated   *isolatedCell
}

// Run measures everything and returns the report. A measurement that fails is one of the report's Flaws and leaves its
// logs in the configuration's directory.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	place, have, err := newPlace(cfg.Place)
	if err != nil {
		return nil, err
	}
	b := &bench{
		cfg: &cfg, place: place, line: progress.New(cfg.Shown, 10*time.Second), began: time.Now(),
		samples: make(map[Cell][]Sample),
		results: results{Scale: &cfg.Scale, Absent: make(map[string]string)},
	}
	err = b.run(ctx)
	b.line.End()
	if err = errors.Join(err, place.Close()); err != nil {
		return nil, err
	}
	return b.report(have), nil
}

func (b *bench) run(ctx context.Context) error {
	figures, err := b.cfg.figures()
	if err != nil {
		return err
	}
	b.look()
	b.plan = b.steps(figures)
	for _, s := range b.plan {
		b.total += b.estimate(s)
	}
	b.line.Print(b.announcement())
	if b.machine, err = lookAtMachine(ctx, b.cfg.Version); err != nil {
		return err
	}
	for _, warning := range b.machine.warnings() {
		b.line.Print("careful: " + warning)
	}
	defer b.machine.watch()()
	for _, s := range b.plan {
		if err := b.attempt(ctx, s); err != nil {
			return err
		}
		b.done++
	}
	for c, samples := range b.samples {
		if len(samples) == 0 {
			continue // every measurement failed
		}
		b.results.Cells = append(b.results.Cells, CellResult{Cell: c, Samples: samples, Summary: summarize(samples)})
	}
	b.results.summarizeIsolated()
	slices.SortFunc(b.results.Cells, func(a, c CellResult) int { return compareCells(a.Cell, c.Cell) })
	return nil
}

// attempt measures a step, and repeats it on a new deployment if it fails: on a busy machine processes may be
// descheduled for longer than others wait for them. Both failures are reported.
func (b *bench) attempt(ctx context.Context, s step) error {
	measure := b.step
	switch {
	case s.failover:
		measure = b.failover
	case s.profile:
		measure = b.profile
	case s.isolated != nil:
		measure = b.isolate
	}
	err := measure(ctx, s)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b.line.Print("failed, trying again: " + err.Error())
	b.again = append(b.again, "repeated after an error: "+err.Error())
	for _, c := range s.cells {
		b.samples[c] = slices.DeleteFunc(b.samples[c], func(m Sample) bool { return m.Repetition == s.repetition && !s.profile })
	}
	if err = measure(ctx, s); err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	b.line.Print("failed again: " + err.Error())
	b.results.Flaws = append(b.results.Flaws, err.Error())
	return nil
}

// figures returns the requested figures.
func (c *Config) figures() ([]*Figure, error) {
	var list []*Figure
	for i := range Figures {
		if f := &Figures[i]; len(c.Figures) == 0 || slices.Contains(c.Figures, f.Name) {
			list = append(list, f)
		}
	}
	if len(list) < len(c.Figures) {
		return nil, fmt.Errorf("figures are %q, expected some of %q", c.Figures, FigureNames())
	}
	return list, nil
}

// FigureNames lists the names of all figures.
func FigureNames() []string {
	var names []string
	for i := range Figures {
		names = append(names, Figures[i].Name)
	}
	return names
}

// look determines which systems are not measured, and why.
func (b *bench) look() {
	for i := range Systems {
		s := &Systems[i]
		var missing error
		if s.Present != nil {
			missing = s.Present()
		}
		switch {
		case missing != nil:
			b.results.Absent[s.Name] = missing.Error()
		case len(b.cfg.Systems) > 0 && !slices.Contains(b.cfg.Systems, s.Name):
			b.results.Absent[s.Name] = "not requested"
		case b.cfg.Scale.Systems != nil && !slices.Contains(b.cfg.Scale.Systems, s.Name):
			b.results.Absent[s.Name] = "not part of the " + b.cfg.Scale.Name + " scale"
		}
	}
}

// steps orders all measurements: every repetition measures all systems, one after the other, beginning with a
// different one.
func (b *bench) steps(figures []*Figure) []step {
	byKey := make(map[deploymentKey][]Cell)
	var keys []deploymentKey
	for _, f := range figures {
		for _, c := range f.Cells(&b.cfg.Scale) {
			if _, absent := b.results.Absent[c.System]; absent || slices.Contains(byKey[c.key()], c) {
				continue
			}
			if byKey[c.key()] == nil {
				keys = append(keys, c.key())
			}
			byKey[c.key()] = append(byKey[c.key()], c)
		}
	}
	for _, cells := range byKey {
		// Cells with side effects come last: losses, then the scheduling policy of saturated replicas.
		slices.SortStableFunc(cells, func(a, c Cell) int {
			return cmp.Or(compareBool(a.Saturated, c.Saturated), cmp.Compare(a.Loss, c.Loss))
		})
	}
	var plan []step
	for r := range b.cfg.Scale.Repetitions {
		for i := range keys {
			k := keys[(i+r*len(keys)/b.cfg.Scale.Repetitions)%len(keys)]
			plan = append(plan, step{repetition: r, key: k, cells: byKey[k]})
		}
	}
	plan = append(b.isolatedSteps(figures), plan...)
	for _, f := range figures {
		if _, absent := b.results.Absent[f.Failovers.system]; absent || f.Failovers == (deploymentKey{}) {
			continue
		}
		for i := range b.cfg.Scale.Failovers {
			plan = append(plan, step{repetition: i, key: f.Failovers, failover: true})
		}
	}
	for _, name := range profiledSystems {
		if _, absent := b.results.Absent[name]; b.cfg.Profile && !absent {
			c := groupCell(name, 3)
			plan = append(plan, step{key: c.key(), cells: []Cell{c}, profile: true})
		}
	}
	return plan
}

// announcement describes the plan.
func (b *bench) announcement() string {
	cells := 0
	for _, s := range b.plan {
		cells += len(s.cells)
	}
	about := time.Duration(b.total * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%s scale: %d deployments, %d measurements, about %v", b.cfg.Scale.Name, len(b.plan), cells, about)
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// startEstimate is the approximate time to start and stop a deployment, without settling.
const startEstimate = 600 * time.Millisecond

// estimate returns the approximate duration of a step in seconds.
func (b *bench) estimate(s step) float64 {
	if s.isolated != nil {
		return b.cfg.Scale.Isolated.estimate(s.isolated)
	}
	if s.failover {
		return (startEstimate + b.cfg.Scale.Settle + failoverWatch).Seconds()
	}
	if s.profile {
		return (startEstimate + b.cfg.Scale.Settle + preparation + b.cfg.Scale.WarmUp + profileTime).Seconds()
	}
	each := preparation + b.cfg.Scale.WarmUp + b.cfg.Scale.Measure
	return (startEstimate + b.cfg.Scale.Settle + time.Duration(len(s.cells))*each).Seconds()
}

// step deploys a system and measures its cells.
func (b *bench) step(ctx context.Context, s step) error {
	return b.with(ctx, s, func(d *deployment) error {
		if s.key.machine == role.MachineKV {
			if err := d.fill(ctx, b.cfg.Scale.Keys); err != nil {
				return err
			}
		}
		if err := d.settle(ctx, s.cells[0], &b.cfg.Scale); err != nil {
			return err
		}
		share := b.estimate(s) / float64(len(s.cells))
		for _, c := range s.cells {
			b.line.Show(func() string { return b.state(title(c.System) + ", " + c.String()) })
			sample, err := measureAgain(ctx, d, c, &b.cfg.Scale, uint64(s.repetition))
			if err != nil {
				return fmt.Errorf("%s: %w", c, err)
			}
			sample.Repetition = s.repetition
			b.samples[c] = append(b.samples[c], sample)
			b.spent += share
		}
		return nil
	})
}

// with deploys a system, calls measure, and ends the system. The logs of a failure are kept.
func (b *bench) with(ctx context.Context, s step, measure func(*deployment) error) (err error) {
	system, err := findSystem(s.key.system)
	if err != nil {
		return err
	}
	d, err := deploy(ctx, b.cfg, b.place, system, s.key.replicas, s.key.machine)
	if err != nil {
		return err
	}
	defer func() {
		if stopped := d.end(); err == nil {
			err = errors.Join(stopped, os.RemoveAll(d.dir))
		}
	}()
	if err := measure(d); err != nil {
		return fmt.Errorf("%s: %w (logs in %s)", system.Title, err, d.dir)
	}
	return nil
}

// state formats the progress of the run.
func (b *bench) state(current string) string {
	left := "?"
	if b.spent > 0 {
		pace := time.Since(b.began).Seconds() / b.spent
		left = (time.Duration((b.total-b.spent)*pace) * time.Second).String()
	}
	return fmt.Sprintf("%s  %s left  %s", progress.Bar(b.done, len(b.plan)), left, current)
}

// String describes a cell without its system.
func (c Cell) String() string { return fmt.Sprintf("%d replicas, %s", c.Replicas, c.Load()) }
