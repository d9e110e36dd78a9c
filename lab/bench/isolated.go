package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/netordered/nopaxos/internal/process"
	"github.com/netordered/nopaxos/lab/bench/isolated"
)

// isolatedScale is the extent of the isolated measurements.
type isolatedScale struct {
	Rounds  int           // in each, all servers take turns
	Tries   int           // for a sample whose server is busy
	Warm    int           // operations
	Measure time.Duration // of the server's CPU time
	Few     bool          // only the first targets: their servers and regimes
}

// isolatedCell is a server in a regime, alone on a core.
type isolatedCell struct {
	System   string
	Follower bool `json:",omitempty"` // otherwise the leader, or the only server
	Replicas int
	Regime   isolated.Regime
}

// isolatedServers lists the measured servers, without a regime.
var isolatedServers = []isolatedCell{
	{System: bareEcho, Replicas: 1}, {System: unreplicated, Replicas: 1},
	{System: nopaxos, Replicas: 3}, {System: nopaxos, Replicas: 3, Follower: true}, {System: nopaxos, Replicas: 5},
	{System: paxos, Replicas: 3}, {System: paxos, Replicas: 5},
	{System: batching, Replicas: 3}, {System: batching, Replicas: 5},
	{System: fastPaxos, Replicas: 3}, {System: fastPaxos, Replicas: 5},
}

// few lists the servers of a short run.
var few = []isolatedCell{{System: unreplicated, Replicas: 1}, {System: nopaxos, Replicas: 3}, {System: paxos, Replicas: 3}}

// String names the server.
func (c isolatedCell) String() string {
	switch {
	case c.Replicas == 1:
		return title(c.System)
	case c.Follower:
		return fmt.Sprintf("%s follower, %d replicas", title(c.System), c.Replicas)
	}
	return fmt.Sprintf("%s leader, %d replicas", title(c.System), c.Replicas)
}

// IsolatedResult has the measurements of a server alone on a core. Times are nanoseconds of its CPU time per operation.
type IsolatedResult struct {
	isolatedCell
	Samples   []IsolatedSample
	Rejected  int    // samples in which the server was not busy
	Why       string `json:",omitempty"` // the reason why there are no samples
	CPU       Spread
	UserCPU   float64 // the parts of CPU's median that all samples together have
	SystemCPU float64
	Capacity  Spread // operations a second
}

// IsolatedSample is a sample of a round.
type IsolatedSample struct {
	Round int
	isolated.Sample
}

// isolatedSteps orders the isolated measurements: in every round all servers take turns in each regime, beginning with a
// different one.
func (b *bench) isolatedSteps(figures []*Figure) []step {
	if !slices.ContainsFunc(figures, func(f *Figure) bool { return f.Isolated }) {
		return nil
	}
	scale := &b.cfg.Scale.Isolated
	var servers []isolatedCell
	for _, c := range isolatedServers {
		_, absent := b.results.Absent[c.System]
		if !absent && (!scale.Few || slices.Contains(few, c)) {
			servers = append(servers, c)
		}
	}
	var plan []step
	for round := range scale.Rounds {
		for _, regime := range isolated.Regimes {
			if scale.Few && regime == isolated.Eights {
				continue
			}
			for i := range servers {
				c := servers[(i+round)%len(servers)]
				c.Regime = regime
				plan = append(plan, step{repetition: round, isolated: &c})
			}
		}
	}
	return plan
}

// estimate returns the approximate duration of a sample in seconds. Where the server is fast, building the requests takes
// longer than serving them.
func (s *isolatedScale) estimate(c *isolatedCell) float64 {
	const start, served, built = 150 * time.Millisecond, 8 * time.Microsecond, 3 * time.Microsecond
	if c.Regime == isolated.OnePrice {
		return (start + time.Duration(s.Warm)*(served+built) + 2*s.Measure).Seconds()
	}
	return (start + time.Duration(s.Warm)*2*built + 4*s.Measure).Seconds()
}

// isolate measures a server once, and again while it is not busy.
func (b *bench) isolate(ctx context.Context, s step) error {
	c := *s.isolated
	b.line.Show(func() string { return b.state(fmt.Sprintf("%s alone on a core, %s", c, c.Regime)) })
	defer func() { b.spent += b.estimate(s) }()
	r := b.results.isolatedResult(c)
	server, generator, err := isolated.Cores()
	if err != nil {
		r.Why = err.Error()
		return nil
	}
	for range max(1, b.cfg.Scale.Isolated.Tries) {
		sample, err := b.generate(ctx, c, server, generator)
		if err != nil {
			return fmt.Errorf("%s, %s: %w", c, c.Regime, err)
		}
		if sample.Busy >= isolated.LeastBusy {
			r.Samples = append(r.Samples, IsolatedSample{s.repetition, sample})
			return nil
		}
		r.Rejected++
		r.Why = fmt.Sprintf("the server was busy for %s of the time, expected at least %s", percent(sample.Busy), percent(isolated.LeastBusy))
	}
	return nil
}

// generate runs a generator process, which starts and measures the server.
func (b *bench) generate(ctx context.Context, c isolatedCell, server, generator int) (sample isolated.Sample, err error) {
	dir, err := os.MkdirTemp(b.cfg.Dir, "isolated-*")
	if err != nil {
		return sample, err
	}
	job, err := json.Marshal(isolated.Job{
		System: c.System, Follower: c.Follower, Replicas: c.Replicas, Regime: c.Regime, Core: server,
		Warm: b.cfg.Scale.Isolated.Warm, Measure: b.cfg.Scale.Isolated.Measure, OpSize: valueSize,
		Server: []string{b.cfg.Lab, "bench", "role"}, Dir: dir,
	})
	if err != nil {
		return sample, err
	}
	thread := process.NewThread()
	defer thread.Close()
	var out bytes.Buffer
	cmd := exec.Command(b.cfg.Lab, "bench", "generate")
	cmd.Stdin, cmd.Stdout = bytes.NewReader(job), &out
	p, err := process.Start(process.Config{
		Name: "generator", Cmd: cmd, Log: filepath.Join(dir, "generator.log"),
		Start: func(cmd *exec.Cmd) error { return isolated.StartOn(thread, generator, cmd) },
	})
	if err != nil {
		return sample, err
	}
	select {
	case <-p.Ended():
	case <-ctx.Done():
		_ = p.Stop(stopPatience)
		return sample, context.Cause(ctx)
	}
	if err := json.Unmarshal(out.Bytes(), &sample); err != nil {
		return sample, fmt.Errorf("%w (logs in %s)", p.Failure(), dir)
	}
	return sample, os.RemoveAll(dir)
}

// isolatedResult returns the result of a server in a regime, which it adds if there is none.
func (r *results) isolatedResult(c isolatedCell) *IsolatedResult {
	for i := range r.Isolated {
		if r.Isolated[i].isolatedCell == c {
			return &r.Isolated[i]
		}
	}
	r.Isolated = append(r.Isolated, IsolatedResult{isolatedCell: c})
	return &r.Isolated[len(r.Isolated)-1]
}

// summarizeIsolated computes the spreads, and orders the results as listed.
func (r *results) summarizeIsolated() {
	rank := func(c isolatedCell) int {
		regime := slices.Index(isolated.Regimes, c.Regime)
		c.Regime = ""
		return slices.Index(isolatedServers, c)*len(isolated.Regimes) + regime
	}
	slices.SortFunc(r.Isolated, func(a, c IsolatedResult) int { return rank(a.isolatedCell) - rank(c.isolatedCell) })
	for i := range r.Isolated {
		m := &r.Isolated[i]
		each := func(f func(*isolated.Sample) float64) Spread {
			var values []float64
			for j := range m.Samples {
				values = append(values, f(&m.Samples[j].Sample))
			}
			return spread(values)
		}
		m.CPU = each(func(s *isolated.Sample) float64 { return s.CPU })
		m.split()
		m.Capacity = each((*isolated.Sample).Capacity)
		if len(m.Samples) > 0 {
			m.Why = ""
		}
	}
}

// split divides the CPU time into that of the user and that of the system. The kernel samples them, too coarsely for the
// samples of a short run to be looked at alone.
func (m *IsolatedResult) split() {
	user, system := 0.0, 0.0
	for _, s := range m.Samples {
		user, system = user+s.User, system+s.System
	}
	if user+system > 0 {
		m.UserCPU = m.CPU.Median * user / (user + system)
		m.SystemCPU = m.CPU.Median - m.UserCPU
	}
}

// isolatedCPU is the CPU time of a server alone on a core, by round.
func isolatedCPU(c isolatedCell) quantity {
	return func(r *results) map[int]float64 {
		values := make(map[int]float64)
		for i := range r.Isolated {
			if m := &r.Isolated[i]; m.isolatedCell == c {
				for _, s := range m.Samples {
					values[s.Round] = s.CPU
				}
			}
		}
		return values
	}
}

// leastRounds is the number of rounds that a verdict needs, if the scale has as many.
const leastRounds = 5

// isolatedRatio divides the CPU times of two servers. It was not measured if too few rounds have both.
func isolatedRatio(a, b isolatedCell) quantity {
	pairs := ratio(isolatedCPU(a), isolatedCPU(b))
	return func(r *results) map[int]float64 {
		values := pairs(r)
		if len(values) < min(leastRounds, r.Scale.Isolated.Rounds) {
			return nil
		}
		return values
	}
}

// leaderAlone is the leader, or the only server, of a system.
func leaderAlone(system string, replicas int, regime isolated.Regime) isolatedCell {
	return isolatedCell{System: system, Replicas: replicas, Regime: regime}
}
