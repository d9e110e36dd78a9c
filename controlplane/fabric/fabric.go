package fabric

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// None is the switch of a target that is an end host. As a sequencer it sends every copy itself.
const None = -1

// Fabric computes the forwarding of every switch. It is deterministic; now is monotonic time since an arbitrary origin.
// It is not safe for concurrent use.
//
// Call Start once, then the methods that report events, and Expire, Probe and Advance when Deadline has passed. Wanted
// returns the forwarding of a switch; Prepare and Prepared record that it is sent and confirmed.
type Fabric struct {
	topo     *Topology
	health   *health
	paths    *paths
	groups   []groupState
	switches []switchState
	links    []linkState
	startBy  time.Duration // when Start's switches are given up
	version  uint64        // counts the changes of the wanted forwarding
	cuts     uint64        // times that a link was found cut or whole again
	round    uint64        // of probes
	probeAt  time.Duration // when the next round begins
}

// switchState is the known state of one switch.
type switchState struct {
	wanted  *Forwarding
	sent    *Forwarding   // under way; nil: nothing
	done    *Forwarding   // confirmed last, over this connection; nil: nothing
	downAt  time.Duration // when it is given up; Never: it is healthy, or has been given up
	replyBy time.Duration // when sent is overdue
	copies  []copies      // by group, over all connections
	returns bool          // it was programmed to return probes, and its process has not ended since
}

// groupState says where the packets of a group go.
type groupState struct {
	number  uint32
	hosts   []*Host // of the replicas
	decided bool    // the controller knows the sequencer; until then the installed entries stay
	root    int     // switch that the tree starts at, or None
	steer   int     // switch that unstamped packets go to, or None
	tree    tree
	stage   stage
}

// New returns the fabric of a valid topology. Without one (nil) no switch exists, and every method is a no-op.
func New(t *Topology, groups []Group) *Fabric {
	if t == nil {
		t = &Topology{}
	}
	f := &Fabric{
		topo:     t,
		health:   newHealth(t),
		switches: make([]switchState, len(t.Switches)),
		links:    make([]linkState, len(t.Links)),
		probeAt:  monotime.Never,
	}
	for _, g := range groups {
		state := groupState{number: g.Number, decided: len(t.Switches) == 0, root: None, steer: None, stage: stageDone}
		for _, r := range g.Replicas {
			state.hosts = append(state.hosts, t.HostAt(r.Addr()))
		}
		f.groups = append(f.groups, state)
	}
	for s := range f.switches {
		f.switches[s] = switchState{downAt: monotime.Never, replyBy: monotime.Never, copies: make([]copies, len(groups))}
	}
	f.paths = newPaths(t, f.health)
	return f
}

// Len returns the number of switches.
func (f *Fabric) Len() int { return len(f.switches) }

// Version counts the changes of the wanted forwarding.
func (f *Fabric) Version() uint64 { return f.version }

// Wanted returns the forwarding that switch s shall have; nil for None.
func (f *Fabric) Wanted(s int) *Forwarding {
	if s == None {
		return nil
	}
	return f.switches[s].wanted
}

// Cut returns, by link of the topology, whether it is cut: it does not carry probes. The caller must not change it.
func (f *Fabric) Cut() []bool { return f.health.cut }

// Start begins. A switch that is not prepared until startBy is given up: traffic is routed around it.
func (f *Fabric) Start(now, startBy time.Duration) {
	f.startBy = startBy
	for s := range f.switches {
		f.switches[s].downAt = startBy
	}
	if f.topo.Probe > 0 {
		f.probeAt = now
	}
	f.changed()
}

// Decide makes a switch, or None, the sequencer at which the tree of group i starts.
func (f *Fabric) Decide(i, root int) {
	if g := &f.groups[i]; !g.decided || g.root != root {
		g.decided, g.root = true, root
		f.replant(i)
	}
}

// Steer leads the unstamped packets of group i to a switch, the sequencer; None: to none.
func (f *Fabric) Steer(i, root int) {
	f.Decide(i, root)
	if g := &f.groups[i]; g.steer != root {
		g.steer = root
		f.changed()
	}
}

// Reach returns how many replicas of group i receive packets stamped by a switch, or None: if all links work (all), and
// over links that are not cut (sure).
func (f *Fabric) Reach(i, root int) (all, sure int) {
	hosts := f.groups[i].hosts
	if root == None {
		return len(hosts), len(hosts)
	}
	_, distance := f.plant(i, root)
	for _, h := range hosts {
		if distance[h.At.Switch] < unreachable {
			all++
		}
		if distance[h.At.Switch] < avoided {
			sure++
		}
	}
	return all, sure
}

// changed computes the wanted forwarding of every switch.
func (f *Fabric) changed() {
	f.version++
	for s := range f.switches {
		wanted := f.forwarding(s)
		if old := f.switches[s].wanted; old == nil || !old.equal(wanted) {
			f.switches[s].wanted = wanted
		}
	}
}

func (f *Fabric) forwarding(s int) *Forwarding {
	w := &Forwarding{Switch: s, Routes: f.paths.routes(s)}
	for i := range f.groups {
		g := &f.groups[i]
		gf := GroupForwarding{Undecided: !g.decided}
		if g.decided {
			gf.Sequences = g.root == s
			gf.Copies = g.tree[s]
			gf.Shrink = g.stage == stageShrinking && len(gf.Copies) > 0
			if g.steer != None {
				if hop, ok := f.paths.hop(s, g.steer, g.number); ok {
					gf.ToSequencer = &hop
				}
			}
		}
		w.Groups = append(w.Groups, gf)
	}
	return w
}

// reroute computes all paths and trees.
func (f *Fabric) reroute() {
	f.paths = newPaths(f.topo, f.health)
	f.changed()
	for i := range f.groups {
		f.replant(i)
	}
}

// replant computes the tree of group i.
func (f *Fabric) replant(i int) {
	g := &f.groups[i]
	if !g.decided {
		return
	}
	t := make(tree, len(f.topo.Switches))
	if g.root != None {
		t, _ = f.plant(i, g.root)
	}
	if g.tree == nil || !g.tree.equal(t) {
		g.tree, g.stage = t, stageShrinking
	}
	f.changed()
}

// setDown records whether a switch is given up.
func (f *Fabric) setDown(s int, down bool) {
	f.switches[s].downAt = monotime.Never
	if f.health.down[s] != down {
		f.health.down[s] = down
		f.reroute()
	}
}

// Deadline returns when Expire or Probe is next needed, or monotime.Never.
func (f *Fabric) Deadline() time.Duration {
	at := f.probeAt
	for s := range f.switches {
		at = min(at, f.switches[s].downAt, f.switches[s].replyBy)
	}
	return at
}
