package model

// Variation is the comparison with Paxos under another Split.
type Variation struct {
	Split    Split
	Relative float64 // NOPaxos's throughput as a share of the unreplicated server's
	Ratio    float64 // NOPaxos's throughput divided by Paxos's
}

// splits are alternatives to Even: the calibration cannot distinguish them.
var splits = []Split{{0, 1. / 3}, {0, 2. / 3}, {0.1, 0.5}, {0.25, 0.5}, {0.5, 0.5}}

// vary shows how much depends on the unknown Split.
func (s *study) vary(r *Report) error {
	for _, split := range splits {
		costs, err := calibrate(s.cfg.Calibration, split)
		if err != nil {
			return err
		}
		var best [2]peak
		for i, system := range []System{nopaxos, paxos} {
			if best[i], err = s.peak(costs, system, replicas, s.cfg.Scale.Callers, 0, s.cfg.Scale.Operations); err != nil {
				return err
			}
		}
		r.Vary = append(r.Vary, Variation{
			Split: split, Ratio: best[0].Throughput / best[1].Throughput,
			Relative: best[0].Throughput / s.cfg.Calibration.Throughput,
		})
	}
	return nil
}
