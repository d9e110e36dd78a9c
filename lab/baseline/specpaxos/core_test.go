package specpaxos

import (
	"slices"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/lab/baseline/vrtest"
	"github.com/netordered/nopaxos/lab/baseline/wire"
	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

func newGroup(t *testing.T, n int) *vrtest.Group {
	t.Helper()
	return vrtest.NewGroup(t, n, func(cfg vr.Config, sm *vrtest.Echo) (*vr.Replica, error) {
		return New(cfg, sm)
	})
}

// answers counts the speculative and the final answers to a request, by log.
func answers(t *testing.T, g *vrtest.Group, id uint64) (agree int, final bool) {
	t.Helper()
	logs := map[nopaxos.Digest]map[uint16]bool{}
	for _, frame := range g.Answers[id] {
		m, s, ok := wire.OpenSpeculative(g.Keys().Client, frame)
		if !ok {
			t.Fatalf("an answer to request %d does not open", id)
		}
		if m.ID != id || string(m.Part) != string(vrtest.Op(id)) {
			continue // for another request, sent at the same time
		}
		final = final || s.Final
		if logs[s.Log] == nil {
			logs[s.Log] = map[uint16]bool{}
		}
		logs[s.Log][m.Replica] = true
		agree = max(agree, len(logs[s.Log]))
	}
	return agree, final
}

// agreed checks that all replicas have committed the same requests, each once.
func agreed(t *testing.T, g *vrtest.Group, requests int) {
	t.Helper()
	for i, r := range g.Replicas {
		if g.Down[i] {
			continue
		}
		if n := len(g.Machines[i].Slots); n != requests || r.Commit() != r.Log.End() || r.Log.Digest(r.Commit()) != g.Replicas[0].Log.Digest(r.Commit()) {
			t.Errorf("replica %d: %d operations executed, expected %d; committed %d of %d slots, digest %v", i, n, requests,
				r.Commit(), r.Log.End(), r.Log.Digest(r.Commit()))
		}
	}
}

// TestOneOrderNeedsOneRoundTrip checks that every request gets its superquorum at once, without rollbacks, while all
// replicas receive the same requests in the same order.
func TestOneOrderNeedsOneRoundTrip(t *testing.T) {
	for _, n := range []int{1, 3, 5, 7} {
		g := newGroup(t, n)
		for id := uint64(1); id <= 200; id++ {
			g.Request(id, g.All()...)
			if agree, _ := answers(t, g, id); agree != n {
				t.Fatalf("%d replicas answer request %d alike, expected %d", agree, id, n)
			}
			if id%10 == 0 {
				g.Wait(time.Millisecond)
			}
		}
		g.Wait(20 * time.Millisecond)
		agreed(t, g, 200)
		for i, r := range g.Replicas {
			if r.Stats.RolledBack != 0 || r.Stats.ViewChanges != 0 {
				t.Errorf("replica %d of %d: %+v, expected no roll-back and no view change", i, n, r.Stats)
			}
		}
	}
}

// TestDifferentLogs checks that synchronization repairs a replica that misses a request or receives it in another
// order, by rollback if it executed something else.
func TestDifferentLogs(t *testing.T) {
	for name, c := range map[string]struct {
		n        int
		fault    func(g *vrtest.Group)
		rollback bool
	}{
		"lost at a follower": {3, func(g *vrtest.Group) { g.Request(1, 0, 1) }, true},
		"lost at the leader": {3, func(g *vrtest.Group) { g.Request(1, 1, 2) }, true},
		"lost at a follower of five": {5, func(g *vrtest.Group) {
			for i := range 4 {
				g.Hand(i, 1, 2)
			}
			g.Hand(4, 2)
			g.Settle()
		}, true},
		"lost at the leader of five": {5, func(g *vrtest.Group) { g.Request(1, 1, 2, 3, 4) }, true},
		"a follower is down": {3, func(g *vrtest.Group) {
			g.Down[2] = true
			g.Request(1, 0, 1)
		}, false},
		"two of five are down": {5, func(g *vrtest.Group) {
			g.Down[1], g.Down[3] = true, true
			g.Request(1, 0, 2, 4)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGroup(t, c.n)
			up := func() []int { return slices.DeleteFunc(g.All(), func(i int) bool { return g.Down[i] }) }
			c.fault(g)
			for id := uint64(2); id <= 20; id++ {
				g.Request(id, up()...)
			}
			g.Wait(50 * time.Millisecond)
			for id := uint64(21); id <= 40; id++ {
				g.Request(id, up()...)
				if agree, _ := answers(t, g, id); agree != len(up()) {
					t.Fatalf("%d replicas answer request %d alike, expected %d", agree, id, len(up()))
				}
			}
			g.Wait(50 * time.Millisecond)
			agreed(t, g, 40)
			rolledBack := uint64(0)
			for _, r := range g.Replicas {
				rolledBack += r.Stats.RolledBack
			}
			if c.rollback != (rolledBack > 0) {
				t.Errorf("%d slots were rolled back, expected some: %v", rolledBack, c.rollback)
			}
		})
	}
}

// TestAnsweredWithoutSuperquorum checks that a client gets a final answer from the leader if too few replicas are up
// for a superquorum.
func TestAnsweredWithoutSuperquorum(t *testing.T) {
	g := newGroup(t, 3)
	g.Down[1] = true
	g.Request(1, 0, 2)
	if agree, final := answers(t, g, 1); agree != 2 || final {
		t.Fatalf("%d replicas answer alike, final: %v; expected 2 that speculate", agree, final)
	}
	g.Wait(50 * time.Millisecond)
	if _, final := answers(t, g, 1); !final {
		t.Error("no final answer after a synchronization")
	}
}

// TestLeaderMissesTheLastRequest checks that a request answered by a superquorum is committed although the leader
// never received it and no request follows.
func TestLeaderMissesTheLastRequest(t *testing.T) {
	g := newGroup(t, 5)
	g.Request(1, g.All()...)
	g.Wait(20 * time.Millisecond)
	g.Request(2, 1, 2, 3, 4)
	if agree, _ := answers(t, g, 2); agree != 4 {
		t.Fatalf("%d replicas answer alike, expected a superquorum of 4", agree)
	}
	g.Wait(100 * time.Millisecond)
	agreed(t, g, 2)
}

// TestLeaderFails checks that requests answered by a superquorum survive the leader, in their order.
func TestLeaderFails(t *testing.T) {
	g := newGroup(t, 3)
	for id := uint64(1); id <= 5; id++ {
		g.Request(id, g.All()...)
	}
	want := g.Replicas[1].Log.Digest(g.Replicas[1].Log.End())
	g.Down[0] = true
	g.Wait(time.Second)
	for i, r := range g.Replicas[1:] {
		if r.Commit() != 6 || r.Log.Digest(6) != want || r.View() == 0 {
			t.Errorf("replica %d in view %d has committed %d slots with digest %v, expected 6 with %v", 1+i, r.View(), r.Commit(), r.Log.Digest(6), want)
		}
	}
}

// TestMerge checks the choice among five replicas: f = 2, superquorum 4. Entries are letters.
func TestMerge(t *testing.T) {
	request := func(c byte) []byte {
		return nopaxos.AppendRequest(nil, &nopaxos.Request{Client: nopaxos.ClientID{Lo: uint64(c)}, ID: 1, Low: 1, Op: []byte{c}})
	}
	// Capital letters are confirmed entries.
	vote := func(view uint64, entries string) *wire.DoViewChange {
		m := &wire.DoViewChange{LastNormal: view, Commit: 10}
		for _, c := range []byte(entries) {
			m.Entries = append(m.Entries, request(c|0x20))
			mark := byte(0)
			if c < 'a' {
				mark = confirmedMark
			}
			m.Marks = append(m.Marks, mark)
		}
		return m
	}
	for name, c := range map[string]struct {
		votes [3]string // <view><entries>
		want  string
	}{
		"all alike":                  {[3]string{"3abc", "3abc", "3abc"}, "abc"},
		"two may be a superquorum's": {[3]string{"3xab", "3abc", "3ab"}, "abcx"},
		"a shared start, then two":   {[3]string{"3aby", "3abcd", "3abcd"}, "abcdy"},
		"confirmed beats common":     {[3]string{"3Bxy", "3ay", "3ay"}, "bxya"},
		"the longest confirmed":      {[3]string{"3Ab", "3ABc", "3ac"}, "abc"},
		"older views do not say":     {[3]string{"2AB", "2AB", "3c"}, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			var votes []*wire.DoViewChange
			for _, v := range c.votes {
				votes = append(votes, vote(uint64(v[0]-'0'), v[1:]))
			}
			got := ""
			for _, e := range new(protocol).Merge(votes, 10) {
				req, err := nopaxos.ParseRequest(e)
				if err != nil {
					t.Fatal(err)
				}
				got += string(req.Op)
			}
			if got != c.want {
				t.Errorf("merged log is %q, expected %q", got, c.want)
			}
		})
	}
}
