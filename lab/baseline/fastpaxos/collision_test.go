package fastpaxos

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/vrtest"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// TestOneFaultMakesFewCollisions checks that a request that one replica misses or gets in another order collides only
// if that breaks the fast quorum, and that later requests do not collide.
func TestOneFaultMakesFewCollisions(t *testing.T) {
	swapAt := func(replica int) func(g *vrtest.Group) {
		return func(g *vrtest.Group) {
			for i := range g.Replicas {
				if i == replica {
					g.Hand(i, 2, 1)
				} else {
					g.Hand(i, 1, 2)
				}
			}
			g.Settle()
		}
	}
	for name, c := range map[string]struct {
		n     int
		fault func(g *vrtest.Group)
	}{
		"lost at a follower":         {3, func(g *vrtest.Group) { g.Request(1, 0, 1) }},
		"lost at the leader":         {3, func(g *vrtest.Group) { g.Request(1, 1, 2) }},
		"lost at a follower of five": {5, func(g *vrtest.Group) { g.Request(1, 0, 1, 2, 3) }},
		"lost at the leader of five": {5, func(g *vrtest.Group) { g.Request(1, 1, 2, 3, 4) }},
		"swapped at a follower":      {3, swapAt(2)},
		"swapped at the leader":      {3, swapAt(0)},
	} {
		t.Run(name, func(t *testing.T) {
			g := vrtest.NewGroup(t, c.n, func(cfg vr.Config, sm *vrtest.Echo) (*vr.Replica, error) { return New(cfg, sm) })
			c.fault(g)
			for id := uint64(3); id < 50; id++ {
				g.Request(id, g.All()...)
			}
			g.Wait(20 * time.Millisecond)
			for id := uint64(50); id < 100; id++ {
				g.Request(id, g.All()...)
			}
			g.Wait(20 * time.Millisecond)
			if n := g.Replicas[0].Stats.Collisions; n > 6 || n == 0 && c.n == 3 {
				t.Errorf("%d slots collided, expected 1 to 6", n)
			}
			for i, r := range g.Replicas {
				if r.Commit() < 99 || r.Stats.Executed < 99 {
					t.Errorf("replica %d has committed slots up to %d, expected 99 or more: %+v", i, r.Commit(), r.Stats)
				}
			}
		})
	}
}

// TestQuorums checks that any two fast quorums and any majority have a replica in common, and that no smaller quorums
// do.
func TestQuorums(t *testing.T) {
	for n := 1; n <= nopaxos.MaxGroup; n += 2 {
		q, majority := vr.Superquorum(n), n/2+1
		if 2*q+majority <= 2*n || 2*(q-1)+majority > 2*n {
			t.Errorf("fast quorum of %d replicas is %d", n, q)
		}
		if q != (3*n+3)/4 {
			t.Errorf("fast quorum of %d replicas is %d, expected ⌈3n/4⌉ = %d", n, q, (3*n+3)/4)
		}
	}
}

// TestMerge checks the choice of a new leader of five replicas: f = 2, fast quorum 4.
func TestMerge(t *testing.T) {
	vote := func(view uint64, entries string, marks ...byte) *wire.DoViewChange {
		m := &wire.DoViewChange{LastNormal: view, Commit: 10, Marks: make([]byte, len(entries))}
		for i := range entries {
			m.Entries = append(m.Entries, []byte{entries[i]})
		}
		copy(m.Marks, marks)
		return m
	}
	for name, c := range map[string]struct {
		votes []*wire.DoViewChange
		want  string
	}{
		"all alike":              {[]*wire.DoViewChange{vote(3, "ab"), vote(3, "ab"), vote(3, "ab")}, "ab"},
		"may be chosen":          {[]*wire.DoViewChange{vote(3, "b"), vote(3, "a"), vote(3, "a")}, "a"},
		"classic beats fast":     {[]*wire.DoViewChange{vote(3, "a"), vote(3, "b", classic), vote(3, "a")}, "b"},
		"older views do not say": {[]*wire.DoViewChange{vote(2, "a", classic), vote(2, "a", classic), vote(3, "b")}, "b"},
		"longest":                {[]*wire.DoViewChange{vote(3, "a"), vote(3, "abc"), vote(3, "ab")}, "abc"},
		"nothing":                {[]*wire.DoViewChange{vote(3, ""), vote(3, ""), vote(3, "")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				rand.Shuffle(len(c.votes), func(i, j int) { c.votes[i], c.votes[j] = c.votes[j], c.votes[i] })
				got := ""
				for _, e := range new(protocol).Merge(c.votes, 10) {
					got += string(e)
				}
				if got != c.want {
					t.Fatalf("merged log is %q, expected %q", got, c.want)
				}
			}
		})
	}
}
