package model

import "time"

// Comparison compares a system of five replicas with the others.
type Comparison struct {
	System   System
	Alone    Outcome       // with one caller
	Peak     Outcome       // with the number of callers that gives the highest throughput
	Callers  int           // at the peak
	Relative float64       // peak throughput as a share of the unreplicated server's
	Added    time.Duration // median latency with one caller, less the unreplicated server's
	Ratio    float64       // NOPaxos's peak throughput divided by this system's
	Paper    Published
}

// Published has the paper's figures for a system of five replicas (§6.1). Zero means none.
type Published struct {
	Latency time.Duration `json:",omitempty"` // at low load
	Ratio   float64       `json:",omitempty"` // NOPaxos's throughput divided by this system's
}

// published quotes the text of §6.1. NOPaxos is within 2 % of the unreplicated system, 370 % above Paxos and Fast
// Paxos, and 24 % above Speculative Paxos, which Paxos with batching equals. An end-host sequencer costs 36 % more
// latency.
var published = map[System]Published{
	unreplicated:   {Latency: 95 * time.Microsecond, Ratio: 0.98},
	nopaxos:        {Latency: 111 * time.Microsecond, Ratio: 1},
	nopaxosEndHost: {Latency: 151 * time.Microsecond},
	paxos:          {Latency: 240 * time.Microsecond, Ratio: 4.7},
	paxosBatching:  {Latency: 385 * time.Microsecond, Ratio: 1.24},
	fastPaxos:      {Latency: 193 * time.Microsecond, Ratio: 4.7},
	specPaxos:      {Ratio: 1.24},
}

// compare predicts the paper's figures 5 and 6.
func (s *study) compare(r *Report) error {
	for _, system := range allSystems() {
		alone, err := s.measure(system, replicas, 1, 0)
		if err != nil {
			return err
		}
		best, err := s.peak(s.costs, system, replicas, s.cfg.Scale.Callers, 0, s.cfg.Scale.Operations)
		if err != nil {
			return err
		}
		r.Compare = append(r.Compare, Comparison{
			System: system, Alone: alone, Peak: best.Outcome, Callers: best.Callers, Paper: published[system],
		})
	}
	base, ours := r.Compare[unreplicated], r.Compare[nopaxos]
	for i := range r.Compare {
		c := &r.Compare[i]
		c.Relative = c.Peak.Throughput / base.Peak.Throughput
		c.Added = c.Alone.Median - base.Alone.Median
		c.Ratio = ours.Peak.Throughput / c.Peak.Throughput
	}
	return nil
}
