package bench

import "time"

// Cell is one thing to be measured: a system under a load.
type Cell struct {
	System   string
	Replicas int
	Machine  string  // the state machine
	Workload string  // see role.Workloads
	Callers  int     `json:",omitempty"` // closed loop: operations outstanding
	Rate     float64 `json:",omitempty"` // open loop: operations a second
	Loss     float64 `json:",omitempty"` // share of the datagrams that every process loses of what it receives
	// Saturated measures replicas that are the bottleneck: they do not take a core from clients and
	// sequencers when something arrives, so that they find full batches when they run, as a replica does
	// that has a core to itself and more to do than it can.
	Saturated bool `json:",omitempty"`
}

// deploymentKey is what cells that can be measured on one deployment have in common.
type deploymentKey struct {
	system   string
	replicas int
	machine  string
}

func (c Cell) key() deploymentKey { return deploymentKey{c.System, c.Replicas, c.Machine} }

// Scale says how long to measure and how much of it.
type Scale struct {
	Name        string
	Repetitions int
	Settle      time.Duration // of every deployment, loaded, before anything is measured on it
	WarmUp      time.Duration // of every measurement
	Measure     time.Duration
	Callers     []int     // closed loops, ascending
	Rates       []float64 // open loops, operations a second, ascending
	Groups      []int     // numbers of replicas
	Loss        []float64
	Keys        int           // in the store
	Failovers   int           // sequencers to kill
	Systems     []string      // nil: all
	Limit       time.Duration // of the whole run, on a machine that has everything; 0: none
}

// callerMarks are the numbers of callers, for an axis.
func (s *Scale) callerMarks() []float64 {
	marks := make([]float64, len(s.Callers))
	for i, n := range s.Callers {
		marks[i] = float64(n)
	}
	return marks
}

// The scales.
var Scales = []Scale{
	{
		Name: "smoke", Repetitions: 1, Settle: 40 * time.Millisecond, WarmUp: 20 * time.Millisecond, Measure: 100 * time.Millisecond,
		Callers: []int{1, 8}, Rates: []float64{500}, Groups: []int{3}, Loss: []float64{0.01}, Keys: 100, Failovers: 1,
		Systems: []string{nopaxos, unreplicated, bareEcho, bareSeq},
	},
	{
		Name: "quick", Repetitions: 2, Settle: 400 * time.Millisecond, WarmUp: 100 * time.Millisecond, Measure: 300 * time.Millisecond,
		Callers: []int{1, 64, 256}, Rates: []float64{2000}, Groups: []int{3, 5, 9}, Loss: []float64{0.0001, 0.01},
		Keys: 1000, Failovers: 3,
		Limit: 3 * time.Minute,
	},
	{
		Name: "full", Repetitions: 3, Settle: 2 * time.Second, WarmUp: 300 * time.Millisecond, Measure: time.Second,
		Callers: []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}, Rates: []float64{2000, 5000, 10000}, Groups: []int{3, 5, 7, 9},
		Loss: []float64{0.00001, 0.0001, 0.001, 0.01}, Keys: 10000, Failovers: 20,
		Limit: 40 * time.Minute,
	},
}
