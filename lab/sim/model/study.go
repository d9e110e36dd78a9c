package model

import "context"

// Config says what to predict, and from what.
type Config struct {
	Calibration Calibration
	Split       Split
	Seed        uint64
	Scale       Scale
	// Progress, if it is not nil, is told after every measurement how many there were, of how many.
	Progress func(done, total int)
}

// Scale says how much is looked at.
type Scale struct {
	Operations int       // measured of every load
	Callers    []int     // closed loops among which the one with the highest throughput counts, ascending
	Replicas   []int     // sizes of groups
	Loss       []float64 // shares of datagrams
	Crashes    int       // of a sequencer, for each way in which it is noticed
	Groups     int       // random groups whose paths are looked at
}

// Full is what `nopaxos-lab sim --model` looks at.
var Full = Scale{
	Operations: 20_000,
	Callers:    []int{8, 16, 32, 64, 128, 256},
	Replicas:   []int{3, 5, 7, 9, 15, 25, 51, 101},
	Loss:       []float64{0.00001, 0.0001, 0.001, 0.01},
	Crashes:    20,
	Groups:     1_000_000,
}

// study is a run of everything.
type study struct {
	ctx   context.Context
	cfg   Config
	costs Costs
	done  int
	total int
}

// replicas is the size of the paper's groups.
const replicas = 5

// compared are the systems of the paper's comparison.
var compared = []System{Unreplicated, NOPaxos, Paxos, PaxosBatching, FastPaxos, SpecPaxos}

// Run predicts everything. Equal configurations give equal reports.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	costs, err := Calibrate(cfg.Calibration, cfg.Split)
	if err != nil {
		return nil, err
	}
	s := &study{ctx: ctx, cfg: cfg, costs: costs}
	r := &Report{Calibration: cfg.Calibration, Split: cfg.Split, Costs: costs, Seed: cfg.Seed, Groups: cfg.Scale.Groups}
	steps := []func(*Report) error{s.compare, s.grow, s.lose, s.failOver, s.stretch, s.vary}
	s.total = s.measurements()
	for _, step := range steps {
		if err := step(r); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// measurements is how many there will be.
func (s *study) measurements() int {
	sweep := len(s.cfg.Scale.Callers)
	sizes, losses := len(s.cfg.Scale.Replicas), len(s.cfg.Scale.Loss)
	return (sweep+1)*len(Systems()) + sizes*len(crowds)*(len(compared)-1) + (losses+1)*len(lossCallers)*len(compared) +
		2*s.cfg.Scale.Crashes + 2*sweep*len(splits)
}

// measure runs a load. The first operations of every caller, and then as many as a tenth of those that count,
// are the warm-up.
func (s *study) measure(system System, n, callers int, loss float64) (Outcome, error) {
	return s.measureAt(s.costs, system, n, callers, loss, s.cfg.Scale.Operations)
}

func (s *study) measureAt(costs Costs, system System, n, callers int, loss float64, operations int) (Outcome, error) {
	if err := s.ctx.Err(); err != nil {
		return Outcome{}, err
	}
	load := Load{System: system, Replicas: n, Loss: loss, Seed: s.cfg.Seed, Costs: costs}
	load.Clients, load.Callers = spread(callers, n)
	o, err := Measure(load, 2*callers+operations/10, operations)
	s.advance()
	return o, err
}

func (s *study) advance() {
	s.done++
	if s.cfg.Progress != nil {
		s.cfg.Progress(s.done, s.total)
	}
}

// spread spreads callers over clients' hosts, of which there are enough that they are not what limits a group of n
// replicas.
func spread(callers, n int) (clients, each int) {
	clients = min(callers, max(64, 2*n))
	return clients, (callers + clients - 1) / clients
}

// peak is the outcome with the highest throughput among those of several closed loops.
type peak struct {
	Outcome
	Callers int
}

// overload is the share of the highest throughput that says that more callers are no use.
const overload = 0.9

func (s *study) peak(costs Costs, system System, n int, callers []int, loss float64, operations int) (peak, error) {
	var best peak
	for i, k := range callers {
		o, err := s.measureAt(costs, system, n, k, loss, operations)
		if err != nil {
			return best, err
		}
		// Of equal throughputs the one with the lower latency counts.
		if o.Throughput > 1.005*best.Throughput {
			best = peak{o, k}
		}
		if o.Throughput < overload*best.Throughput {
			s.done += len(callers) - 1 - i
			break
		}
	}
	return best, nil
}
