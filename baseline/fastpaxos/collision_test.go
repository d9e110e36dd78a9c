package fastpaxos

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/baseline/node"
	"github.com/netordered/nopaxos/baseline/vr"
	"github.com/netordered/nopaxos/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

// echo is a state machine that costs nothing.
type echo struct{}

func (echo) Execute(_, _ uint64, op, result []byte) []byte { return append(result, op...) }
func (echo) Snapshot() (io.WriterTo, error)                { return echo{}, nil }
func (echo) WriteTo(io.Writer) (int64, error)              { return 0, nil }
func (echo) Restore(io.Reader) error                       { return nil }

// group is replicas whose messages are delivered in order and at once.
type group struct {
	t        *testing.T
	keys     nopaxos.Keys
	replicas []*vr.Replica
	answers  map[uint64]string // by request id
	now      time.Duration
}

func newGroup(t *testing.T, n int) *group {
	t.Helper()
	keys, err := nopaxos.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	g := &group{t: t, keys: keys, answers: map[uint64]string{}}
	for i := range n {
		r, err := New(vr.Config{N: n, Self: i, Keys: keys, Incarnation: 1}, echo{})
		if err != nil {
			t.Fatal(err)
		}
		r.Start(0)
		g.replicas = append(g.replicas, r)
	}
	g.request(0, g.all()...)
	return g
}

func (g *group) all() (all []int) {
	for i := range g.replicas {
		all = append(all, i)
	}
	return all
}

// frame is request number id of one client; number 0 registers it.
func (g *group) frame(id uint64) []byte {
	m := nopaxos.Request{Client: nopaxos.ClientID{Lo: 1}, ID: id, Low: 1, ReplyTo: netip.MustParseAddrPort("127.0.0.1:9")}
	m.Op = binary.BigEndian.AppendUint64(nil, id)
	if id == 0 {
		m.Register, m.Client, m.ID, m.Op = true, nopaxos.ClientID{Hi: 1}, 1, nil
	}
	return g.keys.Client.Seal(nopaxos.AppendRequest(nil, &m), 0)
}

// request hands a request to some replicas, and then delivers messages until there are none.
func (g *group) request(id uint64, to ...int) {
	for _, i := range to {
		g.replicas[i].Request(g.now, g.frame(id))
	}
	g.settle()
}

func (g *group) settle() {
	for busy := true; busy; {
		busy = false
		for i, r := range g.replicas {
			effects := append([]node.Effect(nil), r.Effects()...)
			for j := range effects {
				effects[j].Data = append([]byte(nil), effects[j].Data...)
			}
			r.ClearEffects()
			if err := r.Err(); err != nil {
				g.t.Fatal(err)
			}
			for _, e := range effects {
				busy = true
				g.deliver(i, e)
			}
		}
	}
}

func (g *group) deliver(from int, e node.Effect) {
	switch e.Kind {
	case node.Replica:
		g.replicas[e.To].Message(g.now, e.Data)
	case node.Replicas:
		for i, r := range g.replicas {
			if i != from {
				r.Message(g.now, e.Data)
			}
		}
	case node.Client:
		_, body, err := g.keys.Open(e.Data)
		if err != nil {
			g.t.Fatal(err)
		}
		if m, err := nopaxos.ParseReply(body); err == nil && m.Status == nopaxos.StatusOK {
			g.answers[m.ID] = string(m.Part)
		}
	}
}

// wait lets time pass, tick by tick.
func (g *group) wait(d time.Duration) {
	for until := g.now + d; g.now < until; g.now += 100 * time.Microsecond {
		for _, r := range g.replicas {
			if g.now >= r.Deadline() {
				r.Tick(g.now)
			}
		}
		g.settle()
	}
}

// TestOneFaultMakesFewCollisions: a request that a replica misses, or gets in another order than the
// others, makes a collision there, if it breaks the fast quorum, and no more for those that follow.
func TestOneFaultMakesFewCollisions(t *testing.T) {
	for name, c := range map[string]struct {
		n     int
		fault func(g *group)
	}{
		"lost at a follower": {3, func(g *group) { g.request(1, 0, 1) }},
		"lost at the leader": {3, func(g *group) { g.request(1, 1, 2) }},
		"lost at a follower of five": {5, func(g *group) {
			g.request(1, 0, 1, 2, 3)
		}},
		"lost at the leader of five": {5, func(g *group) { g.request(1, 1, 2, 3, 4) }},
		"swapped at a follower": {3, func(g *group) {
			for i, r := range g.replicas {
				ids := []uint64{1, 2}
				if i == 2 {
					ids = []uint64{2, 1}
				}
				for _, id := range ids {
					r.Request(g.now, g.frame(id))
				}
			}
			g.settle()
		}},
		"swapped at the leader": {3, func(g *group) {
			for i, r := range g.replicas {
				ids := []uint64{1, 2}
				if i == 0 {
					ids = []uint64{2, 1}
				}
				for _, id := range ids {
					r.Request(g.now, g.frame(id))
				}
			}
			g.settle()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, c.n)
			c.fault(g)
			for id := uint64(3); id < 50; id++ {
				g.request(id, g.all()...)
			}
			g.wait(20 * time.Millisecond)
			for id := uint64(50); id < 100; id++ {
				g.request(id, g.all()...)
			}
			g.wait(20 * time.Millisecond)
			for _, id := range []uint64{1, 3, 49, 50, 99} {
				if want := string(binary.BigEndian.AppendUint64(nil, id)); g.answers[id] != want {
					t.Errorf("request %d is answered %q, expected %q", id, g.answers[id], want)
				}
			}
			if n := g.replicas[0].Stats.Collisions; n > 6 || n == 0 && c.n == 3 {
				t.Errorf("%d slots collided, expected 1 to 6", n)
			}
			for i, r := range g.replicas {
				if r.Commit() < 99 {
					t.Errorf("replica %d knows what is committed up to %d, expected at least 99", i, r.Commit())
				}
			}
		})
	}
}

// TestQuorums: any two fast quorums and any majority have a replica in common, and none smaller do.
func TestQuorums(t *testing.T) {
	for n := 1; n <= nopaxos.MaxReplicas; n += 2 {
		q, majority := Quorum(n), n/2+1
		if 2*q+majority <= 2*n || 2*(q-1)+majority > 2*n {
			t.Errorf("fast quorum of %d replicas is %d", n, q)
		}
		if q != (3*n+3)/4 {
			t.Errorf("fast quorum of %d replicas is %d, expected ⌈3n/4⌉ = %d", n, q, (3*n+3)/4)
		}
	}
}

// TestMerge is the rule of choice at a new leader of five, f = 2, fast quorum 4.
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
