package model

import "context"

// Config configures the predictions.
type Config struct {
	Calibration Calibration
	Split       Split
	Seed        uint64
	Scale       Scale
	// Progress, if not nil, is called after every measurement.
	Progress func(done, total int)
}

// Scale is the extent of a study.
type Scale struct {
	Operations int       // measured per load
	Callers    []int     // ascending numbers of callers among which the peak is found
	Replicas   []int     // sizes of groups
	Loss       []float64 // shares of datagrams
	Crashes    int       // of a sequencer, per signal by which they are noticed
	Groups     int       // random groups whose paths are measured
}

// Full is the Scale of `nopaxos-lab sim --model`.
var Full = Scale{
	Operations: 20_000,
	Callers:    []int{8, 16, 32, 64, 128, 256},
	Replicas:   []int{3, 5, 7, 9, 15, 25, 51, 101},
	Loss:       []float64{0.00001, 0.0001, 0.001, 0.01},
	Crashes:    20,
	Groups:     1_000_000,
}

// study is a run of all measurements.
type study struct {
	ctx   context.Context
	cfg   Config
	costs Costs
	done  int
	total int
}

// replicas is the paper's group size.
const replicas = 5

// compared are the systems in the paper's figures.
var compared = []System{unreplicated, nopaxos, paxos, paxosBatching, fastPaxos, specPaxos}

// Run makes all predictions. Equal configurations give equal reports.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	costs, err := calibrate(cfg.Calibration, cfg.Split)
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

// measurements is the total number of measurements.
func (s *study) measurements() int {
	sweep := len(s.cfg.Scale.Callers)
	sizes, losses := len(s.cfg.Scale.Replicas), len(s.cfg.Scale.Loss)
	return (sweep+1)*len(allSystems()) + sizes*len(crowds)*(len(compared)-1) + (losses+1)*len(lossCallers)*len(compared) +
		2*s.cfg.Scale.Crashes + 2*sweep*len(splits)
}

// measure runs a load. Its warm-up is the first operation of every caller, and then a tenth of the number of measured
// operations.
func (s *study) measure(system System, n, callers int, loss float64) (Outcome, error) {
	return s.measureAt(s.costs, system, n, callers, loss, s.cfg.Scale.Operations)
}

func (s *study) measureAt(costs Costs, system System, n, callers int, loss float64, operations int) (Outcome, error) {
	if err := s.ctx.Err(); err != nil {
		return Outcome{}, err
	}
	load := workload{System: system, Replicas: n, Loss: loss, Seed: s.cfg.Seed, Costs: costs}
	load.Clients, load.Callers = spread(callers, n)
	o, err := runLoad(load, 2*callers+operations/10, operations)
	s.advance()
	return o, err
}

func (s *study) advance() {
	s.done++
	if s.cfg.Progress != nil {
		s.cfg.Progress(s.done, s.total)
	}
}

// spread distributes callers over enough client hosts that these do not limit a group of n replicas.
func spread(callers, n int) (clients, each int) {
	clients = min(callers, max(64, 2*n))
	return clients, (callers + clients - 1) / clients
}

// peak is the outcome with the highest throughput over several numbers of callers.
type peak struct {
	Outcome
	Callers int
}

// overload ends the search for the peak: more callers do not help once throughput is below this share of it.
const overload = 0.9

func (s *study) peak(costs Costs, system System, n int, callers []int, loss float64, operations int) (peak, error) {
	var best peak
	for i, k := range callers {
		o, err := s.measureAt(costs, system, n, k, loss, operations)
		if err != nil {
			return best, err
		}
		// Of equal throughputs the one with the lower latency wins.
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
