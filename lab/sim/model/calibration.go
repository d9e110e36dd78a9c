package model

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// ReadCalibration takes the unreplicated server's curve from the results.json of `nopaxos-lab bench`: its capacity as
// the bottleneck, and latency and CPU time with one caller. A benchmark on one machine uses no links, so those of the
// tree are added. name is the origin of r.
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
		return Calibration{}, fmt.Errorf("%s: expected cells of the unreplicated server with one caller and saturated", name)
	}
	// With one caller every operation takes a turn of its own; in full batches it takes a share of one.
	c.Turn = microseconds(max(alone-full, 0) * batch / (batch - 1))
	c.Latency += (&Costs{Link: linkLatency, Rate: linkRate}).wire()
	return c, nil
}

func microseconds(v float64) time.Duration { return time.Duration(v * float64(time.Microsecond)) }
