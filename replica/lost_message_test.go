package replica

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// lossScript makes a cluster send messages of every kind: gaps at a follower and at the leader, a NO-OP,
// synchronization, truncation, a suspected leader, a new session, a restart behind a truncated log.
const lossScript = `
register client=a
request client=a id=1 lose=1
request client=a id=2
pass 3ms
request client=a id=3 lose=0
request client=a id=4
pass 3ms
request client=a id=5 lose=all
request client=a id=6
pass 12ms
request client=a id=7
request client=a id=8
pass 12ms
crash 2
request client=a id=9
request client=a id=10
request client=a id=11
request client=a id=12
pass 12ms
restart 2
pass 30ms
suspect 1
pass 30ms
request client=a id=13
pass 10ms
session 2 to=0,1
pass 30ms
request client=a id=14
pass 30ms`

// newLossWorld returns a cluster with timers as short as in production, for lossScript.
func newLossWorld(t *testing.T) *scenarioWorld {
	w := &scenarioWorld{}
	if err := w.run("cluster n=3 ping=5ms suspect-leader=100ms suspect-sequencer=50ms view-change=40ms retransmit=2ms " +
		"grace=1ms gap-bound=4ms sync=4 sync-interval=5ms snapshot=4 keep=1 max-log=32 tick=10ms tick-max=10ms"); err != nil {
		t.Fatal(err)
	}
	return w
}

func runLossScript(t *testing.T, w *scenarioWorld) {
	for _, line := range strings.Split(strings.TrimSpace(lossScript), "\n") {
		if err := w.run(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if err := w.run("pass 500ms"); err != nil {
		t.Fatal(err)
	}
}

// TestEarlierFailure01OneLostMessage runs the script once for every message that a replica sends and once for
// every stamped message at every replica, and loses that message. The cluster has to end in one view with equal
// states. (An earlier leader crashed when a SYNC-PREPARE was lost: the message that repaired the loss had no
// handler.)
func TestEarlierFailure01OneLostMessage(t *testing.T) {
	reference := newLossWorld(t)
	var kinds []wire.Kind
	var stamped int
	reference.onFly = func(f *flying) bool { kinds = append(kinds, f.kind); return true }
	reference.onStamped = func() bool { stamped++; return true }
	runLossScript(t, reference)
	if problem := reference.diverged(); problem != "" {
		t.Fatalf("without loss: %s", problem)
	}
	for k := wire.KindTick; k <= wire.KindSnapshotChunk; k++ {
		if k != wire.KindReply && !slices.Contains(kinds, k) {
			t.Errorf("the script sends no %v", k)
		}
	}
	for lost := range kinds {
		w := newLossWorld(t)
		n := -1
		w.onFly = func(*flying) bool { n++; return n != lost }
		runLossScript(t, w)
		if problem := w.diverged(); problem != "" {
			t.Errorf("message %d, a %v, lost: %s", lost, kinds[lost], problem)
		}
	}
	for lost := range stamped {
		w := newLossWorld(t)
		n := -1
		w.onStamped = func() bool { n++; return n != lost }
		runLossScript(t, w)
		if problem := w.diverged(); problem != "" {
			t.Errorf("stamped message lost on its way %d to a replica: %s", lost, problem)
		}
	}
}

// diverged describes how the replicas of a settled cluster differ; it is empty if they agree.
func (w *scenarioWorld) diverged() string {
	first := w.nodes[0]
	for i, n := range w.nodes {
		switch c := n.core; {
		case !n.up:
			return fmt.Sprintf("replica %d stopped\n%s", i, w.out.String())
		case c.phase != phaseNormal || c.durable.View != first.core.durable.View:
			return fmt.Sprintf("replica %d is %v in view %v, replica 0 in %v", i, c.phase, c.durable.View, first.core.durable.View)
		case c.syncPoint+8 < first.core.syncPoint || c.syncPoint < c.base:
			return fmt.Sprintf("replica %d has sync point %d, replica 0 %d", i, c.syncPoint, first.core.syncPoint)
		case !slices.Equal(n.sm.ops, first.sm.ops):
			return fmt.Sprintf("replica %d has state %v, replica 0 %v", i, n.sm.ops, first.sm.ops)
		}
	}
	return ""
}
