package model

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// ReadCalibration takes the unreplicated server's curve from the results of a benchmark (the results.json of
// `nopaxos-lab bench`): its capacity when it is the bottleneck, and latency and CPU time with one caller. What is
// measured on one machine goes over no links; those of the tree come on top. name says where r is from.
func ReadCalibration(r io.Reader, name string) (Calibration, error) {
	type spread struct{ Median float64 }
	var results struct {
		Cells []struct {
			System    string
			Callers   int
			Rate      float64
			Loss      float64
			Machine   string
			Saturated bool
			Summary   struct{ P50, BusiestCPU, Capacity spread } // µs, µs, operations per CPU-second
		}
	}
	if err := json.NewDecoder(r).Decode(&results); err != nil {
		return Calibration{}, fmt.Errorf("%s: %w, expected the results.json of a benchmark", name, err)
	}
	var alone, full float64 // CPU time of an operation, in µs
	c := Calibration{Source: name + ", and the links of the tree"}
	for _, cell := range results.Cells {
		switch {
		case cell.System != "unreplicated" || cell.Machine != "echo" || cell.Rate != 0 || cell.Loss != 0:
		case cell.Saturated:
			c.Throughput, full = cell.Summary.Capacity.Median, cell.Summary.BusiestCPU.Median
		case cell.Callers == 1:
			c.Latency, alone = microseconds(cell.Summary.P50.Median), cell.Summary.BusiestCPU.Median
		}
	}
	if alone <= 0 || full <= 0 {
		return Calibration{}, fmt.Errorf("%s: no unreplicated server with one caller and saturated, expected those cells", name)
	}
	// With one caller every operation has a turn to itself; in full batches it has its share of one.
	c.Turn = microseconds(max(alone-full, 0) * batch / (batch - 1))
	c.Latency += (&Costs{Link: linkLatency, Rate: linkRate}).wire()
	return c, nil
}

func microseconds(v float64) time.Duration { return time.Duration(v * float64(time.Microsecond)) }
