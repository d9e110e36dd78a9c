package bench

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/bench/isolated"
)

// figureIsolated has the throughput that the paper's figure 5 is about: every server has a machine of its own.
var figureIsolated = Figure{
	Name:  "isolated",
	Title: "Isolated capacity",
	Source: "Figure 5, §6.1, maximum throughput: every server has a machine of its own; " +
		"here the leader is alone on a core, and in the first column every datagram pays its own price, as in the paper",
	Cells:    func(*Scale) []Cell { return nil },
	Isolated: true,
	Draw:     drawIsolated,
	Claims: []claim{
		isolatedClaim("throughput within 2 % of the unreplicated system's", unreplicated, 1, 3, 0.98),
		isolatedClaim("4.7 times the maximum throughput of Paxos", paxos, 5, 5, 4.7),
		isolatedClaim("4.7 times that of Fast Paxos", fastPaxos, 5, 5, 4.7),
		isolatedClaim("more throughput than Paxos with batching", batching, 5, 5, 1),
	},
}

// isolatedClaim claims that the capacity of NOPaxos's leader, of n replicas, is a multiple of another server's, in the
// paper's regime.
func isolatedClaim(paper, other string, replicas, n int, claimed float64) claim {
	return claim{paper, func(r *results) (string, Verdict, bool) {
		s, ok := spreadOf(isolatedRatio(leaderAlone(other, replicas, isolated.OnePrice), leaderAlone(nopaxos, n, isolated.OnePrice)), r)
		found := fmt.Sprintf("%s (%s–%s) the capacity of %s, %d replicas, one datagram, one price", times(s.Median), times(s.Low), times(s.High), title(other), n)
		limit := claimed * (1 - closeTo)
		if claimed < 1 {
			limit = claimed
		}
		switch {
		case s.crosses(limit):
			return found, noVerdict, ok
		case claimed < 1:
			return found, holdsIf(s.Median >= claimed), ok
		}
		return found, atLeast(s.Median, claimed), ok
	}}
}

func drawIsolated(r *results) Drawing {
	d := Drawing{Here: "Not measured."}
	for _, regime := range isolated.Regimes {
		panel := Panel{Title: "Alone on a core, " + string(regime), X: "server", Y: "CPU time per operation (ns)"}
		curve := Curve{Name: "CPU time"}
		for i := range r.Isolated {
			m := &r.Isolated[i]
			if m.Regime != regime || len(m.Samples) == 0 {
				continue
			}
			curve.add(float64(len(panel.Bars)), m.CPU)
			panel.Bars = append(panel.Bars, shortServer(m.isolatedCell))
		}
		if len(panel.Bars) > 0 {
			panel.Curves = []Curve{curve}
			d.Panels = append(d.Panels, panel)
			d.Here = isolatedNote
		}
	}
	for i := range r.Isolated {
		if m := &r.Isolated[i]; m.Why != "" {
			d.Absent = append(d.Absent, fmt.Sprintf("%s, %s: %s", m.isolatedCell, m.Regime, m.Why))
		}
	}
	return d
}

// isolatedNote says whose work the figures have.
const isolatedNote = "CPU time of the server's process, alone on a core. On loopback the sender pays for the kernel's work of receiving: " +
	"the server pays for its replies up to the client's queue, the generator for the requests up to the server's. " +
	"On one shared machine NOPaxos moves work from the leader to the sequencer and the clients, and Paxos then wins in total throughput."

// shortServer names a server in a plot.
func shortServer(c isolatedCell) string {
	switch {
	case c.Replicas == 1:
		return title(c.System)
	case c.Follower:
		return fmt.Sprintf("%s f%d", title(c.System), c.Replicas)
	}
	return fmt.Sprintf("%s %d", title(c.System), c.Replicas)
}

// isolatedTargets lists the targets of isolated capacity.
func isolatedTargets() []target {
	over := func(name string, bound bound, regime isolated.Regime) target {
		return target{name + string(regime), bound, "",
			isolatedRatio(leaderAlone(nopaxos, 3, regime), leaderAlone(unreplicated, 1, regime)), gap{closing: closeProtocol}}
	}
	under := func(n int, bound bound) target {
		return target{fmt.Sprintf("isolated capacity, NOPaxos ÷ Paxos, %d replicas, %s", n, isolated.OnePrice), bound, "",
			isolatedRatio(leaderAlone(paxos, n, isolated.OnePrice), leaderAlone(nopaxos, n, isolated.OnePrice)), gap{closing: closeProtocol}}
	}
	return []target{
		over("isolated CPU per operation, NOPaxos leader ÷ unreplicated, ", atMost(1.05), isolated.OnePrice),
		over("isolated CPU per operation, NOPaxos leader ÷ unreplicated, ", atMost(1.4), isolated.Trains),
		under(3, noLess(2.8)), under(5, noLess(4.5)),
		{"isolated CPU per operation, NOPaxos leader, 3 replicas, " + string(isolated.Trains), atMost(750), "ns",
			isolatedCPU(leaderAlone(nopaxos, 3, isolated.Trains)), gap{closing: closeProtocol}},
		{"isolated capacity, NOPaxos ÷ Paxos, 3 replicas, " + string(isolated.Trains), bound{}, "",
			isolatedRatio(leaderAlone(paxos, 3, isolated.Trains), leaderAlone(nopaxos, 3, isolated.Trains)), gap{}},
	}
}
