package isolated

import (
	"fmt"
	"time"
)

// Regime is the way in which datagrams arrive and leave, which sets their price.
type Regime string

// The regimes.
const (
	OnePrice Regime = "one datagram, one price"
	Eights   Regime = "batches of 8"
	Trains   Regime = "trains of 64"
)

// Regimes lists the regimes, the paper's first.
var Regimes = []Regime{OnePrice, Eights, Trains}

// shape has the numbers of a regime.
type shape struct {
	batch  int // datagrams that the server handles at a time; 0: as deployed
	train  int // datagrams that the generator sends with one system call
	window int // requests outstanding
	// burst is the number of requests of a burst. The replicas synchronize about every thousand slots, and what is left at
	// the end of a burst happens after it, so where the server is fast a burst is long.
	burst int
}

var shapes = map[Regime]shape{
	OnePrice: {batch: 1, train: 1, window: 64, burst: 1 << 13},
	Eights:   {batch: 8, train: 8, window: 24, burst: 1 << 15},
	Trains:   {train: 64, window: 256, burst: 1 << 15},
}

// LeastBusy is the share of the bursts for which the server must have used its core.
const LeastBusy = 0.9

// Job describes a measurement.
type Job struct {
	System   string // as in role.Spec: "echo", "nopaxos", or the name of a system of package baseline
	Follower bool   // measure a follower instead of the leader
	Replicas int
	Regime   Regime
	Core     int // the server's
	Warm     int // operations before the measurement
	Measure  time.Duration
	OpSize   int      // bytes
	Server   []string // command that serves a role.Spec
	Dir      string   // for the server's state and log
}

// check returns the first contradiction.
func (j *Job) check() error {
	_, known := shapes[j.Regime]
	switch {
	case !known:
		return fmt.Errorf("regime is %q, expected one of %q", j.Regime, Regimes)
	case len(j.Server) == 0:
		return fmt.Errorf("no command of the server, expected one that serves a role")
	case j.Measure <= 0 || j.Warm < 0 || j.OpSize < 1:
		return fmt.Errorf("%d operations of warm-up, %v of measurement, operations of %d bytes, expected positive values", j.Warm, j.Measure, j.OpSize)
	case j.Replicas < 1 || j.Replicas%2 == 0:
		return fmt.Errorf("%d replicas, expected an odd number", j.Replicas)
	}
	return nil
}

// Sample is a measurement. Times are nanoseconds of the server's process for an operation.
type Sample struct {
	Operations uint64
	CPU        float64 // user and system
	User       float64 // of CPU, as the kernel samples it
	System     float64
	Busy       float64 // share of the bursts for which the server used its core
}

// Capacity returns the operations a second of a server that uses its core all the time.
func (s *Sample) Capacity() float64 { return 1e9 / s.CPU }
