package model

// Lossy is the highest throughput that is left, relative to the same system's without loss, when every host
// loses a share of the datagrams it should receive.
type Lossy struct {
	Loss       float64
	Left       map[System]float64
	Throughput map[System]float64 // operations a second
	Handled    map[System]float64 // datagrams received and sent for an operation, by the busiest replica
}

// lossCallers are the closed loops: some callers have something to do while others wait for what was lost.
var lossCallers = []int{64, 256}

// lossOperations is how many times as many operations are measured where losses are to be seen.
const lossOperations = 2

// lose is the paper's figure 7.
func (s *study) lose(r *Report) error {
	whole := make(map[System]float64)
	for _, loss := range append([]float64{0}, s.cfg.Scale.Loss...) {
		row := Lossy{
			Loss: loss, Left: make(map[System]float64), Throughput: make(map[System]float64), Handled: make(map[System]float64),
		}
		for _, system := range compared {
			best, err := s.peak(s.costs, system, replicas, lossCallers, loss, lossOperations*s.cfg.Scale.Operations)
			if err != nil {
				return err
			}
			if loss == 0 {
				whole[system] = best.Throughput
			}
			row.Throughput[system] = best.Throughput
			row.Handled[system] = best.Received + best.Sent
			row.Left[system] = best.Throughput / whole[system]
		}
		r.Loss = append(r.Loss, row)
	}
	return nil
}
