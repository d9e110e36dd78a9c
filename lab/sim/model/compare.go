package model

import "time"

// Comparison is a system of five replicas beside the others.
type Comparison struct {
	System   System
	Alone    Outcome       // with one caller
	Peak     Outcome       // with as many as give the highest throughput
	Callers  int           // that these are
	Relative float64       // highest throughput, of the unreplicated server's
	Added    time.Duration // to the unreplicated server's median latency, with one caller
	Ratio    float64       // NOPaxos's highest throughput is so many times this
	Paper    Published
}

// Published is what the paper says of a system of five replicas (§6.1); zero where it says nothing.
type Published struct {
	Latency time.Duration `json:",omitempty"` // at low load
	Ratio   float64       `json:",omitempty"` // NOPaxos's throughput is so many times this
}

// published is from the text of §6.1. NOPaxos is within 2 % of the unreplicated system and 370 % above Paxos and
// Fast Paxos; 24 % above Speculative Paxos, which Paxos with batching equals; an end-host sequencer costs 36 %
// more latency.
var published = map[System]Published{
	Unreplicated:   {Latency: 95 * time.Microsecond, Ratio: 0.98},
	NOPaxos:        {Latency: 111 * time.Microsecond, Ratio: 1},
	NOPaxosEndHost: {Latency: 151 * time.Microsecond},
	Paxos:          {Latency: 240 * time.Microsecond, Ratio: 4.7},
	PaxosBatching:  {Latency: 385 * time.Microsecond, Ratio: 1.24},
	FastPaxos:      {Latency: 193 * time.Microsecond, Ratio: 4.7},
	SpecPaxos:      {Ratio: 1.24},
}

// compare is the paper's figures 5 and 6.
func (s *study) compare(r *Report) error {
	for _, system := range Systems() {
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
	base, ours := r.Compare[Unreplicated], r.Compare[NOPaxos]
	for i := range r.Compare {
		c := &r.Compare[i]
		c.Relative = c.Peak.Throughput / base.Peak.Throughput
		c.Added = c.Alone.Median - base.Alone.Median
		c.Ratio = ours.Peak.Throughput / c.Peak.Throughput
	}
	return nil
}
