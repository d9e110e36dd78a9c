package testbed

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/load"
	"github.com/netordered/nopaxos/lab/netlab"
)

// ErrNotSupported means that this machine or user cannot have network namespaces.
var ErrNotSupported = netlab.ErrNotSupported

// RunConfig configures Run.
type RunConfig struct {
	Config
	Nopaxos  string        // the nopaxos binary
	Lab      string        // the nopaxos-lab binary
	Dir      string        // for cluster file and logs; default a fresh one, removed if everything held
	Duration time.Duration // of the load
	Seed     uint64        // of the load's keys and operations
	Workers  int           // operations outstanding on each of the load's paths
	Fail     string        // failure after a third of the time: "sequencer", "link", or empty for none
	Progress io.Writer     // gets a line a second
}

// The failures.
const (
	failSequencer = "sequencer" // it is killed
	failLink      = "link"      // the cable from the switch that sequences toward the first replica is cut
)

// Check returns an error about the first wrong setting.
func (c RunConfig) Check() error {
	switch {
	case c.Fail != "" && c.Fail != failSequencer && c.Fail != failLink:
		return fmt.Errorf("fail is %q, expected %s or %s", c.Fail, failSequencer, failLink)
	case c.Fail != "" && c.Switch == cluster.KindBMv2 && c.Topology == Single:
		return fmt.Errorf("fail is %s and topology is %s, expected %s: no other switch could take over", c.Fail, Single, fatTree)
	case c.Fail == failLink && c.Switch != cluster.KindBMv2:
		return fmt.Errorf("fail is %s and switch is %s, expected %s: Linux routers keep their routes", failLink, c.Switch, cluster.KindBMv2)
	case c.Fail == failSequencer && c.Switch == cluster.KindUDP && c.Sequencers < 2:
		return fmt.Errorf("fail is %s and sequencers is %d, expected at least 2, so that another can take over", failSequencer, c.Sequencers)
	case c.Duration <= 0:
		return fmt.Errorf("duration is %v, expected a time above zero", c.Duration)
	case c.Workers < 1 || c.Workers > load.MaxWorkers:
		return fmt.Errorf("workers is %d, expected 1 to %d", c.Workers, load.MaxWorkers)
	}
	return c.Config.check()
}

// Report is the outcome of a run.
type Report struct {
	load.Report
	Topology   string   `json:"topology"`
	Switch     string   `json:"switch"`
	Switches   int      `json:"switches"`
	Replicas   int      `json:"replicas"`
	Sequencers []string `json:"sequencers"` // in order of their sessions
}

// WriteText writes the report as text.
func (r *Report) WriteText(w io.Writer) error {
	kind := "Linux routers"
	if r.Switch == cluster.KindBMv2 {
		kind = "BMv2 switches"
	}
	fmt.Fprintf(w, "\ntopology %s, switches: %d (%s), %d replicas, sequenced by %s, %.1f s of load, seed %d\n\n",
		r.Topology, r.Switches, kind, r.Replicas, strings.Join(r.Sequencers, ", then "), r.Seconds, r.Seed)
	if err := r.WriteFigures(w); err != nil {
		return err
	}
	return r.WriteVerdict(w)
}
