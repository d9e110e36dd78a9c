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

// ErrNotSupported says that this machine, or this user, cannot have network namespaces.
var ErrNotSupported = netlab.ErrNotSupported

// RunConfig says what Run is to do.
type RunConfig struct {
	Config
	Nopaxos  string        // the nopaxos binary
	Lab      string        // the nopaxos-lab binary
	Dir      string        // for cluster file and logs; default a fresh one, which goes if everything held
	Duration time.Duration // of the load
	Seed     uint64        // of the load's keys and operations
	Workers  int           // operations outstanding on each of the load's paths
	Fail     string        // what fails after a third of the time: nothing if empty, FailSequencer, FailLink
	Progress io.Writer     // gets a line a second
}

// What can fail.
const (
	FailSequencer = "sequencer" // it is killed
	FailLink      = "link"      // the cable from the switch that sequences toward the first replica is cut
)

// Check says what is wrong with a configuration.
func (c RunConfig) Check() error {
	switch {
	case c.Fail != "" && c.Fail != FailSequencer && c.Fail != FailLink:
		return fmt.Errorf("fail is %q, expected %s or %s", c.Fail, FailSequencer, FailLink)
	case c.Fail != "" && c.Switch == cluster.KindBMv2 && c.Topology == Single:
		return fmt.Errorf("fail is %s and topology is %s, expected %s: one switch has no other to take over from it", c.Fail, Single, FatTree)
	case c.Fail == FailLink && c.Switch != cluster.KindBMv2:
		return fmt.Errorf("fail is %s and switch is %s, expected %s: Linux routers keep their routes", FailLink, c.Switch, cluster.KindBMv2)
	case c.Fail == FailSequencer && c.Switch == cluster.KindUDP && c.Sequencers < 2:
		return fmt.Errorf("fail is %s and sequencers is %d, expected another to take over", FailSequencer, c.Sequencers)
	case c.Duration <= 0:
		return fmt.Errorf("duration is %v, expected a time above zero", c.Duration)
	case c.Workers < 1 || c.Workers > load.MaxWorkers:
		return fmt.Errorf("workers is %d, expected 1 to %d", c.Workers, load.MaxWorkers)
	}
	return c.Config.Check()
}

// Report is what came of a run.
type Report struct {
	load.Report
	Topology   string   `json:"topology"`
	Switch     string   `json:"switch"`
	Switches   int      `json:"switches"`
	Replicas   int      `json:"replicas"`
	Sequencers []string `json:"sequencers"` // whose turn it was, in order
}

// WriteText writes the report for a person.
func (r *Report) WriteText(w io.Writer) error {
	of := "Linux routers"
	if r.Switch == cluster.KindBMv2 {
		of = "BMv2 switches"
	}
	fmt.Fprintf(w, "\n%s of %d %s, %d replicas, sequenced by %s, %.1f s of load, seed %d\n\n",
		r.Topology, r.Switches, of, r.Replicas, strings.Join(r.Sequencers, ", then "), r.Seconds, r.Seed)
	if err := r.WriteFigures(w); err != nil {
		return err
	}
	return r.WriteVerdict(w)
}
