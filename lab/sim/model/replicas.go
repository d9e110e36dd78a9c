package model

// Size is the performance of groups of one size, relative to the unreplicated server.
type Size struct {
	Replicas int
	Relative map[System]float64
}

// crowds are the numbers of callers among which the peak is found.
var crowds = []int{32, 160, 320}

// leastOperations covers two periods of synchronization.
const leastOperations = 2000

// grow predicts the paper's figure 8, beyond its nine replicas.
func (s *study) grow(r *Report) error {
	base := r.Compare[unreplicated].Peak.Throughput
	for _, n := range s.cfg.Scale.Replicas {
		size := Size{Replicas: n, Relative: make(map[System]float64)}
		// Larger groups send more datagrams per operation. Work that occurs once in a thousand slots still shows.
		operations := min(s.cfg.Scale.Operations, max(s.cfg.Scale.Operations*replicas/n, leastOperations))
		for _, system := range compared[1:] {
			best, err := s.peak(s.costs, system, n, crowds, 0, operations)
			if err != nil {
				return err
			}
			size.Relative[system] = best.Throughput / base
		}
		r.Replicas = append(r.Replicas, size)
	}
	return nil
}
