package model

// Lossy is the peak throughput, relative to the same system's without loss, when every host loses a share of its
// datagrams.
type Lossy struct {
	Loss       float64
	Left       map[System]float64
	Throughput map[System]float64 // operations a second
	Handled    map[System]float64 // datagrams received and sent per operation by the busiest replica
}

// lossCallers are numbers of callers. With several, some proceed while others wait for a lost message.
var lossCallers = []int{64, 256}

// lossOperations is the factor by which lossy runs are longer, so that losses show.
const lossOperations = 2

// lose predicts the paper's figure 7.
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
