package controlplane

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
)

func testRNG() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

const (
	probeInterval = 100 * time.Millisecond
	probeMisses   = 4   // lost rounds in a row that cut a link
	probeHits     = 8   // rounds in a row that make it whole again, after the first time
	probeCalm     = 512 // rounds as a whole link that forgive a cut
)

// probe lets a number of rounds of probes pass.
func (w *world) probe(rounds int) {
	for range rounds {
		w.tick(probeInterval)
		w.settle()
	}
}

func TestTrafficAvoidsCutLinks(t *testing.T) {
	for _, mended := range []bool{false, true} {
		topo := fatTree(4)
		topo.Probe = probeInterval
		w := newFabricWorld(t, testRNG(), topo, 4, groupA)
		w.up()
		w.checkService()
		for i, l := range topo.Links { // some of the sequencer's, and of the edge switches'
			w.cut[i] = (l.A.Switch == 0 || l.B.Switch == 0) && i < 16 || i%5 == 2
		}
		w.probe(probeMisses + 1)
		if mended {
			clear(w.cut)
			w.probe(probeHits + 1)
			for i, cut := range w.fabric.Cut() {
				if cut {
					t.Errorf("link %d counts as cut, and is whole again", i)
				}
			}
		}
		w.wantRoute(0, 1)
		w.checkService()
	}
}

func TestSeveredSequencerIsReplaced(t *testing.T) {
	topo := fatTree(4)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 4, groupA)
	w.up()
	for i, l := range topo.Links {
		w.cut[i] = l.A.Switch == 0 || l.B.Switch == 0
	}
	w.probe(probeMisses + 1)
	w.wantRoute(1, 2)
	w.checkService()
	clear(w.cut)
	w.probe(probeHits + 1)
	w.wantRoute(1, 2)
	w.checkService()
}

// One or two lost probes do not mean a cut link, nor do rounds in which the controller ran late.
func TestLossIsNoCutLink(t *testing.T) {
	topo := fatTree(2)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 1, groupA)
	w.up()
	for range 5 {
		w.cut[0] = true
		w.probe(probeMisses - 1)
		w.cut[0] = false
		w.probe(1)
	}
	w.cut[0] = true
	for range 2 * probeMisses {
		w.tick(2 * probeInterval)
		w.settle()
	}
	for i := range topo.Links { // a machine that makes no progress
		w.cut[i] = true
	}
	w.probe(2 * probeMisses)
	if w.cuts != 0 {
		t.Errorf("links were found cut or whole %d times, want never", w.cuts)
	}
}

// A link that seems cut is used if there is no other path.
func TestCutLinkIsBetterThanNone(t *testing.T) {
	topo := fatTree(2)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 1, groupA)
	w.up()
	leaf := topo.Hosts[0].At.Switch
	for i, l := range topo.Links {
		w.cut[i] = l.A.Switch == leaf
	}
	w.probe(probeMisses + 1)
	if w.cuts != 1 {
		t.Fatalf("links were found cut %d times, want once", w.cuts)
	}
	clear(w.cut)
	w.checkService()
	w.wantRoute(0, 1)
}

func TestFatTreeServesEveryHost(t *testing.T) {
	for _, k := range []int{2, 4} {
		w := newFabricWorld(t, testRNG(), fatTree(k), k*k/4, groupA, groupB)
		w.up()
		w.wantRoute(0, 1)
		w.checkService()
		w.checkNoCircle()
	}
}

// Over any topology, under crashes of controller and switches, lost connections, changes that fail halfway, and
// reports: no mixture of old and new trees ever holds a circle; session numbers obey the rules that they obey without
// switches; and when the faults stop, every replica receives every request once and every host reaches every other.
func TestSwitchesUnderRandomFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		topo := randomTopology(rng)
		if rng.IntN(4) == 0 {
			topo = fatTree(2)
		}
		if rng.IntN(2) == 0 {
			topo.Probe = probeInterval
		}
		groups := []uint32{groupA, groupB}[:1+rng.IntN(2)]
		w := newFabricWorld(t, rng, topo, 1+rng.IntN(len(topo.Switches)), groups...)
		w.faulty = rng
		if rng.IntN(2) == 0 {
			w.up()
		}
		steps := 200 - rapid.IntRange(0, 199).Draw(t, "fewer steps")
		for range steps {
			w.step(rng, weighted[rng.IntN(len(weighted))])
			if rng.IntN(20) == 0 {
				w.targets[rng.IntN(len(w.targets))].locked = rng.IntN(2) == 0
			}
			if links := len(topo.Links); links > 0 && rng.IntN(20) == 0 {
				i := rng.IntN(links)
				w.cut[i] = !w.cut[i]
			}
			w.checkNoCircle()
			w.tick(0)
			if at := w.core.Deadline(); at <= w.now {
				t.Fatalf("ticked at %v, and the deadline is %v", w.now, at)
			}
			if w.broken != nil {
				t.Fatal(w.broken)
			}
		}
		w.faulty, w.cut = nil, map[int]bool{}
		for _, tg := range w.targets {
			tg.locked = false
		}
		w.heal()
		w.probe(2 * probeHits)
		for i, g := range w.core.Status().Groups {
			if g.Phase != "active" {
				t.Fatalf("group %d is %s after the faults stopped", i, g.Phase)
			}
		}
		w.checkService()
		w.checkNoCircle()
	})
}

func TestControllerRestartWritesNothingToSwitches(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 4, groupA)
	w.up()
	before := make([]*tables.State, len(w.targets))
	for i, tg := range w.targets {
		before[i] = &tables.State{Entries: maps.Clone(tg.tables.Entries), Multicast: maps.Clone(tg.tables.Multicast)}
	}
	w.crash()
	for i := range w.targets {
		w.connect(len(w.targets) - 1 - i) // the sequencer last
		w.settle()
		for i, tg := range w.targets {
			if rest := tables.Difference(tg.tables, before[i]); len(rest) != 0 {
				t.Fatalf("target %d has other tables after a restart: %v", i, rest)
			}
		}
	}
	w.wantRoute(0, 1)
}

func TestNextRootServesWhenTheSequencerDies(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 4, groupA, groupB)
	w.up()
	w.kill(0)
	w.connect(0) // refused
	w.settle()
	w.wantRoute(1, 2)
	w.checkService()
	w.restart(0)
	w.connect(0)
	w.settle()
	w.tick(time.Second)
	w.settle()
	w.wantRoute(1, 2)
	w.checkService()
}

// The new session's tree is installed before its sequence entry, and that before packets are steered to it.
func TestMakeBeforeBreak(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 4, groupA)
	w.up()
	w.tick(time.Second)
	w.settle()
	for r := range 2 {
		w.core.Report(w.now, groupA, 1, r)
	}
	w.collect()
	walkTo := func() uint32 {
		from := &w.topo.Hosts[0]
		got, err := w.walker().fromHost(from, packet{dst: groupA, oum: true})
		if err != nil || len(got) == 0 {
			return 0
		}
		return got[0].session
	}
	w.until(failover.EffectInstall)
	if got := walkTo(); got == 2 {
		t.Fatal("session 2 stamps before it is installed")
	}
	w.happen(0)
	root := w.walker()
	got, err := root.arrive(portAt(1, 0), packet{dst: groupA, oum: true, ttl: 64})
	if err != nil || len(got) != 3 || got[0].session != 2 {
		t.Fatalf("the new root delivers %v, %v as soon as it is installed, want session 2 to three replicas", got, err)
	}
	w.settle()
	w.wantRoute(1, 2)
	w.checkService()
}

// A switch whose stream is lost may forward on. Its hosts stay reachable, and no other path leads through it if there
// is another one.
func TestLostSwitchIsAvoided(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 4, groupA)
	w.up()
	const aggregation = 4 // the first pod's first aggregation switch
	w.loseSwitch(aggregation, true)
	w.checkService()
	w.targets[w.targetOf(aggregation)].tables = tables.New() // it no longer forwards
	for _, r := range w.behind(aggregation, 0) {
		w.report(1, r)
	}
	w.checkService()
}

// A busy switch keeps its sessions during a slow audit. It is given up only when a change waits for it for too long.
func TestSlowAuditCostsNoSession(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(4), 4, groupA)
	w.up()
	w.tick(failover.DefaultTiming().AuditInterval)
	w.until(failover.EffectPrepare)
	w.tick(2 * failover.DefaultTiming().ProgramTimeout)
	reset := func(p pending) bool { return p.Kind == failover.EffectReset }
	if slices.ContainsFunc(w.pending, reset) {
		t.Fatal("a slow audit ends the connection, and with it every session of the switch")
	}
	for r := range 2 {
		w.core.Report(w.now, groupA, 1, r)
	}
	w.collect()
	w.tick(failover.DefaultTiming().ProgramTimeout)
	if !slices.ContainsFunc(w.pending, reset) {
		t.Fatal("a new tree waits endlessly for a switch in an audit")
	}
}

// path returns the switches after from on the path to a host.
func path(t *testing.T, topo *fabric.Topology, f *fabric.Fabric, from int, h *fabric.Host) (switches []int) {
	t.Helper()
	for s := from; s != h.At.Switch; {
		hop, ok := f.Wanted(s).Routes[fabric.AddressNumber(h.Addr)]
		link, end := topo.LinkAt(portAt(s, hop.Port))
		if !ok || link < 0 || len(switches) == len(topo.Switches) {
			t.Fatalf("no path from switch %d to %s", s, h.Name)
		}
		s = topo.Links[link].Ends()[1-end].Switch
		switches = append(switches, s)
	}
	return switches
}

// Flows to different hosts take different paths through the core.
func TestLoadSpreads(t *testing.T) {
	topo := fatTree(4)
	f := fabric.New(topo, nil)
	f.Start(0, 0)
	used := map[int]int{}
	for from := range topo.Switches {
		for h := range topo.Hosts {
			for _, s := range path(t, topo, f, from, &topo.Hosts[h]) {
				used[s]++
			}
		}
	}
	most, least := 0, 1<<30
	for core := range 4 {
		most, least = max(most, used[core]), min(least, used[core])
	}
	if least*4 < most {
		t.Errorf("core switches carry between %d and %d of the flows, want them nearer to each other: %v", least, most, used)
	}
}

// In a fat-tree no path leads up again after it led down.
func TestFatTreePathsLeadUpThenDown(t *testing.T) {
	topo := fatTree(4)
	level := func(s int) int {
		switch {
		case s < 4:
			return 2
		case (s-4)%4 < 2:
			return 1
		}
		return 0
	}
	f := fabric.New(topo, nil)
	f.Start(0, 0)
	for from := range topo.Switches {
		for h := range topo.Hosts {
			down, s := false, from
			for _, next := range path(t, topo, f, from, &topo.Hosts[h]) {
				if level(next) > level(s) && down && level(from) == 0 {
					t.Fatalf("from switch %d to %s: up from %d to %d after leading down", from, topo.Hosts[h].Name, s, next)
				}
				down = down || level(next) < level(s)
				s = next
			}
		}
	}
}
