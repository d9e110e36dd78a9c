package bench

import "fmt"

// Target is a goal of the implementation, or a figure that is only printed.
type Target struct {
	Name     string
	Want     string // the bound, or "printed"
	Unit     string
	Measured bool
	Got      Spread
	Met      bool
	Open     bool    // the repetitions lie on both sides of the bound: no verdict
	Missed   float64 // distance from the bound, in percent of it; 0: met, or not measured
	Where    string  `json:",omitempty"` // measured causes of a gap
	Closing  string  `json:",omitempty"` // what would close a gap
}

// bound is a limit of a figure.
type bound struct {
	kind  boundKind
	limit float64
}

type boundKind int

const (
	printed boundKind = iota // no limit
	most
	least
)

func atMost(limit float64) bound { return bound{most, limit} }
func noLess(limit float64) bound { return bound{least, limit} }

// missedBy returns the distance of a figure from its bound, in percent of the bound; 0: it is within the bound.
func (b bound) missedBy(v float64) float64 {
	switch b.kind {
	case most:
		return 100 * max(0, v/b.limit-1)
	case least:
		return 100 * max(0, 1-v/b.limit)
	}
	return 0
}

func (b bound) text(unit string) string {
	if unit != "" {
		unit = " " + unit
	}
	switch b.kind {
	case most:
		return fmt.Sprintf("≤ %g%s", b.limit, unit)
	case least:
		return fmt.Sprintf("≥ %g%s", b.limit, unit)
	}
	return "printed"
}

// target has the inputs of a Target.
type target struct {
	name  string
	bound bound
	unit  string
	value quantity
	gap   gap
}

// gap explains a missed target: it names two cells whose busiest replicas to compare, or one whose allocations to
// list, and a remedy.
type gap struct {
	ours, theirs *Cell
	allocating   *Cell
	closing      string
}

// noAllocation counts as no allocation: the runtime itself allocates now and then.
const noAllocation = 0.005

// targets lists all targets at a scale.
func targets(s *Scale) []target {
	list := append(isolatedTargets(), []target{
		{"CPU per operation of the busiest replica, NOPaxos ÷ unreplicated", atMost(1.05), "",
			ratio(full(nopaxos, busiestCPU), full(unreplicated, busiestCPU)), against(3, unreplicated, closeProtocol)},
		{"CPU per operation of the busiest replica, NOPaxos, 3 replicas, 64 callers", atMost(3), "µs",
			of(nopaxos, busiestCPU),
			gap{ours: ref(echoCell(nopaxos, targetCallers)), theirs: ref(echoCell(bareEcho, targetCallers)), closing: closeSockets}},
		{"capacity, NOPaxos ÷ Paxos, 3 replicas", noLess(2.5), "",
			ratio(full(nopaxos, capacity), full(paxos, capacity)), against(3, paxos, closeDatagrams)},
		{"capacity, NOPaxos ÷ Paxos, 5 replicas", noLess(4), "",
			ratio(in(nopaxos, 5, capacity), in(paxos, 5, capacity)), against(5, paxos, closeDatagrams)},
		{"capacity, NOPaxos ÷ Paxos with batching, 3 replicas", noLess(1.2), "",
			ratio(full(nopaxos, capacity), full(batching, capacity)), against(3, batching, closeDatagrams)},
		{"median latency, NOPaxos ÷ Paxos with batching, 64 callers", atMost(0.5), "",
			ratio(of(nopaxos, p50), of(batching, p50)), gap{closing: closeCores}},
	}...)
	if n := len(s.Rates); n > 0 {
		rate := s.Rates[n-1]
		list = append(list, target{
			fmt.Sprintf("median latency, NOPaxos ÷ Paxos with batching, %g operations/s", rate), atMost(0.5), "",
			ratio(at(openCell(nopaxos, rate), p50), at(openCell(batching, rate), p50)), gap{closing: closeCores},
		})
	}
	list = append(list,
		target{"capacity, NOPaxos ÷ etcd-io/raft, 3 replicas, 64 callers", noLess(4), "",
			ratio(full(nopaxos, capacity), full(etcdRaft, capacity)), against(3, etcdRaft, closeDatagrams)},
		target{"capacity, NOPaxos ÷ hashicorp/raft, 3 replicas, 64 callers", noLess(4), "",
			ratio(full(nopaxos, capacity), full(hashiRaft, capacity)), against(3, hashiRaft, closeDatagrams)},
		target{"median latency, NOPaxos ÷ etcd-io/raft, 1 caller", atMost(0.5), "",
			ratio(alone(nopaxos, p50), alone(etcdRaft, p50)), gap{closing: closeCores}},
		target{"median latency, NOPaxos ÷ hashicorp/raft, 1 caller", atMost(0.5), "",
			ratio(alone(nopaxos, p50), alone(hashiRaft, p50)), gap{closing: closeCores}},
		target{"median latency, 1 caller, without the sequencer's hop, NOPaxos ÷ unreplicated", atMost(1.25), "",
			ratio(difference(alone(nopaxos, p50), hopLatency), alone(unreplicated, p50)), gap{closing: closeCores}},
		target{"median latency, 1 caller, with the sequencer's hop, NOPaxos ÷ unreplicated", bound{}, "",
			ratio(alone(nopaxos, p50), alone(unreplicated, p50)), gap{}},
		target{"throughput, NOPaxos, 1 % lost ÷ none", noLess(0.9), "",
			ratio(at(lossCell(s, nopaxos, 0.01), throughput), at(lossCell(s, nopaxos, 0), throughput)), gap{}},
		target{"CPU per operation of the busiest replica, NOPaxos, 9 ÷ 3 replicas", atMost(1.05), "",
			ratio(in(nopaxos, 9, busiestCPU), in(nopaxos, 3, busiestCPU)),
			gap{ours: ref(groupCell(nopaxos, 9)), theirs: ref(groupCell(nopaxos, 3)), closing: closeLoop}},
		target{"capacity, unreplicated ÷ bare echo", noLess(0.85), "",
			ratio(full(unreplicated, capacity), full(bareEcho, capacity)),
			gap{ours: ref(groupCell(unreplicated, 3)), theirs: ref(groupCell(bareEcho, 3)), closing: closeWork}},
		target{"objects allocated per operation, NOPaxos, the role that allocates most", atMost(noAllocation), "",
			full(nopaxos, (*Sample).mallocs), gap{allocating: ref(groupCell(nopaxos, 3)), closing: closeReuse}},
	)
	for _, name := range compared {
		list = append(list, target{
			fmt.Sprintf("operations/s with all roles on these cores, 64 callers, %s", title(name)), bound{}, "/s",
			of(name, throughput), gap{},
		})
	}
	return list
}

// Remedies for gaps.
const (
	closeProtocol  = "less CPU time of the protocol for an operation: authentication, reply, client table, log"
	closeDatagrams = "dearer datagrams, as with one system call for each (see the isolated measurement), or a cheaper protocol for an operation: " +
		"in trains the additional datagrams of Paxos are nearly free, and the CPU time of the protocol decides"
	closeSockets = "fewer or cheaper datagram system calls: larger batches, or a network card that the process reads directly"
	closeCores   = "less CPU time on the path of one operation: on shared cores the work of sequencer, replicas and clients follows each other"
	closeLoop    = "a loop that is saturated in both groups: a replica handles as many datagrams in either"
	closeWork    = "less authentication, parsing and table look-up per request"
	closeReuse   = "reuse of the allocated objects"
)

func ref(c Cell) *Cell { return &c }

// against compares NOPaxos's busiest replica with another system's.
func against(n int, other, closing string) gap {
	return gap{ours: ref(groupCell(nopaxos, n)), theirs: ref(groupCell(other, n)), closing: closing}
}

// where compares the work of two busiest replicas.
func (g gap) where(r *results) string {
	switch {
	case g.allocating != nil:
		return r.allocations(*g.allocating)
	case g.ours == nil:
		return ""
	}
	text := ""
	for _, c := range []*Cell{g.ours, g.theirs} {
		m := r.find(*c)
		if m == nil {
			continue
		}
		if text != "" {
			text += "; "
		}
		u := m.Summary.Busiest
		text += fmt.Sprintf("%s (servers: %d): %.2f µs for %.1f datagrams in and %.1f out, asleep %.2f times per operation",
			title(c.System), c.Servers(), u.CPU, u.DatagramsIn, u.DatagramsOut, u.Sleeps)
	}
	return text
}

// allocations lists the roles that allocate, in the last repetition of a cell.
func (r *results) allocations(c Cell) string {
	m := r.find(c)
	if m == nil {
		return ""
	}
	text := ""
	for _, u := range m.Samples[len(m.Samples)-1].Roles {
		if u.onTheWay() && u.Mallocs > noAllocation {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%s %.3f objects per operation", u.Role, u.Mallocs)
		}
	}
	return text
}

// judge compares the results with the targets.
func judge(r *results) []Target {
	var list []Target
	for _, t := range targets(r.Scale) {
		out := Target{Name: t.name, Want: t.bound.text(t.unit), Unit: t.unit}
		if out.Got, out.Measured = spreadOf(t.value, r); out.Measured && t.bound.kind != printed {
			if out.Open = out.Got.crosses(t.bound.limit); !out.Open {
				out.Missed = t.bound.missedBy(out.Got.Median)
				out.Met = out.Missed == 0
			}
		}
		if out.Missed > 0 {
			out.Where, out.Closing = t.gap.where(r), t.gap.closing
		}
		list = append(list, out)
	}
	return list
}

// Outcome describes the outcome of a target.
func (t Target) Outcome() string {
	if !t.Measured {
		return "not measured"
	}
	got := figure(t.Got.Median)
	if t.Got.Low != t.Got.High {
		got += fmt.Sprintf(" (%s–%s)", figure(t.Got.Low), figure(t.Got.High))
	}
	switch {
	case t.Want == (bound{}).text(""):
		return got
	case t.Open:
		return got + ", no verdict: the spread crosses the bound"
	case t.Met:
		return got + ", met"
	}
	return got + fmt.Sprintf(", missed by %.0f %%", t.Missed)
}

// Gap explains a missed target.
func (t Target) Gap() string {
	switch {
	case t.Where != "" && t.Closing != "":
		return fmt.Sprintf("%s. Remedy: %s", t.Where, t.Closing)
	case t.Closing != "":
		return "Remedy: " + t.Closing
	}
	return t.Where
}

// figure formats a number of any size in few digits.
func figure(v float64) string {
	switch {
	case v >= 1000:
		return short(v)
	case v >= 0.1 || v == 0:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
