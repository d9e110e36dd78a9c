package bench

import "time"

// Cell is one measurement: a system under a load.
type Cell struct {
	System   string
	Replicas int
	Machine  string  // the state machine
	Workload string  // see role.Workloads
	Callers  int     `json:",omitempty"` // closed loop: operations outstanding
	Rate     float64 `json:",omitempty"` // open loop: operations a second
	Loss     float64 `json:",omitempty"` // share of the received datagrams that every process drops
	// Saturated makes the replicas the bottleneck: an arriving datagram does not let them preempt clients
	// and sequencers, so they find full batches when they run, like an overloaded replica on a core of its
	// own.
	Saturated bool `json:",omitempty"`
}

// deploymentKey identifies the cells that share a deployment.
type deploymentKey struct {
	system   string
	replicas int
	machine  string
}

func (c Cell) key() deploymentKey { return deploymentKey{c.System, c.Replicas, c.Machine} }

// Scale determines the extent and the duration of a run.
type Scale struct {
	Name        string
	Repetitions int
	Settle      time.Duration // load on every deployment before its first measurement
	WarmUp      time.Duration // before every measurement
	Measure     time.Duration
	Callers     []int     // closed loops, ascending
	Rates       []float64 // open loops, operations a second, ascending
	Groups      []int     // numbers of replicas
	Loss        []float64
	Keys        int // in the store
	Failovers   int // sequencers to kill
	Isolated    isolatedScale
	Systems     []string      // nil: all
	Limit       time.Duration // of the whole run, with all systems present; 0: none
}

// callerMarks returns the numbers of callers, for an axis.
func (s *Scale) callerMarks() []float64 {
	marks := make([]float64, len(s.Callers))
	for i, n := range s.Callers {
		marks[i] = float64(n)
	}
	return marks
}

// Scales lists the scales.
var Scales = []Scale{
	{
		Name: "smoke", Repetitions: 1, Settle: 40 * time.Millisecond, WarmUp: 20 * time.Millisecond, Measure: 100 * time.Millisecond,
		Callers: []int{1, 8}, Rates: []float64{500}, Groups: []int{3}, Loss: []float64{0.01}, Keys: 100, Failovers: 1,
		Isolated: isolatedScale{Rounds: 1, Tries: 1, Measure: time.Millisecond},
		Systems:  []string{nopaxos, unreplicated, bareEcho, bareSeq},
	},
	{
		Name: "quick", Repetitions: 2, Settle: 330 * time.Millisecond, WarmUp: 100 * time.Millisecond, Measure: 270 * time.Millisecond,
		Callers: []int{1, 64, 256}, Rates: []float64{2000}, Groups: []int{3, 5, 9}, Loss: []float64{0.0001, 0.01},
		Keys: 1000, Failovers: 3,
		Isolated: isolatedScale{Rounds: 5, Tries: 3, Warm: 1 << 13, Measure: 20 * time.Millisecond, Few: true},
		Limit:    3 * time.Minute,
	},
	{
		Name: "full", Repetitions: 3, Settle: 2 * time.Second, WarmUp: 300 * time.Millisecond, Measure: time.Second,
		Callers: []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, Rates: []float64{2000, 5000, 10000}, Groups: []int{3, 5, 7, 9},
		Loss: []float64{0.00001, 0.0001, 0.001, 0.01}, Keys: 10000, Failovers: 20,
		Isolated: isolatedScale{Rounds: 7, Tries: 3, Warm: 1 << 16, Measure: 300 * time.Millisecond},
		Limit:    40 * time.Minute,
	},
}
