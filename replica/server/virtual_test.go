package server

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
)

// operations returns n different operations.
func operations(n int) []string {
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf("operation %d", i)
	}
	return ops
}

// expectCounts checks that the results are first … first+len-1 in some order: each operation was executed once.
func expectCounts(t *testing.T, results []string, first int) {
	t.Helper()
	var counts []int
	for _, r := range results {
		n, err := strconv.Atoi(r)
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
	}
	slices.Sort(counts)
	for i, n := range counts {
		if n != first+i {
			t.Fatalf("among %d counts %d takes the place of %d: an operation was executed twice or not at all", len(counts), n, first+i)
		}
	}
}

func TestVirtualOperations(t *testing.T) {
	c := newVirtualCluster(t, 1)
	expectCounts(t, c.call(operations(500)...), 1)
	c.agree(500)
	s := c.caller.core.Stats()
	if s.Retransmissions > 5 { // some requests precede the group's session
		t.Errorf("%d retransmissions on a network that loses nothing", s.Retransmissions)
	}
	if stamped := c.plane.Stats().Stamped; stamped < 500 {
		t.Errorf("the sequencer stamped %d datagrams of 500 requests", stamped)
	}
	c.await("every replica has published that it is normal, in the session, and has made snapshots", func() bool {
		return !slices.ContainsFunc(c.replicas, func(r *virtualReplica) bool {
			s := r.status
			return s.Phase != "normal" || s.View.Session != virtualSession || s.Executed == 0 || s.Counters.Snapshots == 0
		})
	})
}

func TestVirtualLoss(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			c := newVirtualCluster(t, seed)
			c.loss = 0.05
			expectCounts(t, c.call(operations(500)...), 1)
			c.agree(500)
			var asked uint64
			for _, r := range c.replicas {
				asked += r.core.Status().Counters.SlotsAsked
			}
			if asked == 0 || c.caller.core.Stats().Retransmissions == 0 {
				t.Error("no datagram was lost, or no replica noticed")
			}
		})
	}
}

// TestVirtualLargeResult transfers a result in hundreds of datagrams, some of which are lost.
func TestVirtualLargeResult(t *testing.T) {
	for _, loss := range []float64{0, 0.05} {
		t.Run(fmt.Sprint(loss), func(t *testing.T) {
			c := newVirtualCluster(t, 1)
			c.loss = loss
			const length = 1 << 20
			result := c.call(fmt.Sprintf("read length %d", length))[0]
			if want := "1" + strings.Repeat(".", length-1); result != want {
				t.Errorf("a result of %d bytes, expected the first operation's of %d", len(result), length)
			}
			c.agree(1)
		})
	}
}

// A restarted replica has only its record, and gets its state from the others over the bulk channel, because the snapshot is longer
// than a datagram.
func TestVirtualRestart(t *testing.T) {
	for i, name := range []string{"leader", "follower"} {
		t.Run(name, func(t *testing.T) {
			c := newVirtualCluster(t, 1)
			expectCounts(t, c.call(operations(300)...), 1)
			c.agree(300)
			c.replicas[i].node.Stop()
			expectCounts(t, c.call(operations(300)...), 301)
			before := c.bulk[wire.KindSnapshotChunk]
			c.start(i)
			if c.replicas[i].state.count != 0 {
				t.Fatal("the restarted replica still has its state")
			}
			c.agree(600)
			if c.bulk[wire.KindSnapshotChunk] == before {
				t.Errorf("the snapshot did not arrive over the bulk channel, which carried %v", c.bulk)
			}
			s := c.replicas[i].core.Status()
			if s.Incarnation != 2 || s.Recovering() || s.Counters.SnapshotsInstalled == 0 {
				t.Errorf("replica %d after its restart: %+v", i, s)
			}
			// It counts in quorums again: with another replica stopped it is needed for one.
			c.replicas[2].node.Stop()
			expectCounts(t, c.call(operations(100)...), 601)
		})
	}
}

// The seed determines every message, its time and its content.
func TestVirtualSameSeedSameTrace(t *testing.T) {
	trace := func(seed uint64) uint64 {
		c := newVirtualCluster(t, seed)
		c.loss = 0.05
		c.call(operations(200)...)
		c.replicas[0].node.Stop()
		c.call(operations(200)...)
		c.start(0)
		c.agree(400)
		return c.trace.Sum64()
	}
	if a, b := trace(1), trace(1); a != b {
		t.Errorf("one seed, two traces: %x and %x", a, b)
	}
	if trace(1) == trace(2) {
		t.Error("two seeds, one trace")
	}
}
