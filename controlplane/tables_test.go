package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

// endHostPlan has one group with replicas at these ports.
func endHostPlan(t *testing.T, ports ...uint16) *tables.Plan {
	t.Helper()
	g := fabric.Group{Number: groupA, Name: "kv"}
	for _, port := range ports {
		g.Replicas = append(g.Replicas, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port))
	}
	p, err := tables.NewPlan(nil, []fabric.Group{g}, []byte("key"), func(uint32) (uint16, error) { return 2, nil })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The difference, applied, leaves no difference, and does not touch the group's sequence entry.
func TestDifference(t *testing.T) {
	old, now := endHostPlan(t, 1, 2, 3), endHostPlan(t, 1, 4)
	have := tables.New()
	applyInAnyOrder(t, testRNG(), have, tables.Difference(have, old.Compile(nil, have)))
	have.Entries[tables.GroupKey(groupB, tables.Unstamped)] = tables.Action{ID: p4src.ActionGroupDrop} // a foreign entry
	have.Apply(old.Install(groupA, 5, false))
	for _, tt := range []struct {
		plan     *tables.Plan
		replicas int
	}{{now, 2}, {old, 3}, {now, 2}} {
		p := tt.plan
		applyInAnyOrder(t, testRNG(), have, tables.Difference(have, p.Compile(nil, have)))
		if rest := tables.Difference(have, p.Compile(nil, have)); len(rest) != 0 {
			t.Fatalf("a difference is left: %v", rest)
		}
		if got := p.Sequences(have); !slices.Equal(got, []failover.SequenceEntry{{Group: groupA, Session: 5, Intact: true}}) {
			t.Fatalf("the sequence entries are %+v, want them untouched", got)
		}
		if want, got := 1+tt.replicas, len(have.Entries); got != want {
			t.Fatalf("%d entries are installed, want %d", got, want)
		}
	}
}

// A target may apply the changes of a batch in any order: everything that a change names is there, when trees and
// routes are added, changed and removed.
func TestOrderWithinABatchDoesNotMatter(t *testing.T) {
	w := newFabricWorld(t, testRNG(), fatTree(2), 1, groupA, groupB)
	w.up()
	spine := w.fabric.Wanted(0)
	empty := &fabric.Forwarding{Switch: 0, Groups: make([]fabric.GroupForwarding, 2)}
	for seed := range uint64(50) {
		rng, have := rand.New(rand.NewPCG(seed, 0)), tables.New()
		for _, f := range []*fabric.Forwarding{spine, empty, spine} {
			applyInAnyOrder(t, rng, have, tables.Difference(have, w.plan.Compile(f, have)))
		}
	}
}

// applyInAnyOrder applies batches of changes as a target may: the changes of each in any order.
func applyInAnyOrder(t reporter, rng *rand.Rand, have *tables.State, batches [][]tables.Change) {
	t.Helper()
	for _, batch := range batches {
		for _, i := range rng.Perm(len(batch)) {
			applyStrictly(t, have, batch[i])
		}
	}
}

// applyStrictly applies a change as a target does, which refuses to INSERT an existing entry and to change a missing
// one. It checks that the change leaves no dangling name.
func applyStrictly(t reporter, have *tables.State, c tables.Change) {
	t.Helper()
	_, there := have.Multicast[c.Group]
	if c.Key.Table != 0 {
		_, there = have.Entries[c.Key]
	}
	if there == (c.Kind == tables.Insert) {
		t.Fatalf("change %+v of an entry whose existence is %v", c, there)
	}
	before := dangling(have)
	have.Apply(c)
	if after := dangling(have); after != "" && before == "" {
		t.Fatalf("after %+v: %s", c, after)
	}
}

// dangling describes an entry or a multicast group that names a missing one; empty: none does.
func dangling(have *tables.State) string {
	for id, copies := range have.Multicast {
		for _, c := range copies {
			if _, there := have.Entries[tables.Key{Table: p4src.TableOUMCopy, Match: uint64(c.RID)}]; !there {
				return fmt.Sprintf("multicast group %d names copy %d", id, c.RID)
			}
		}
	}
	for key, act := range have.Entries {
		id, names := act.Params[p4src.ParamReplicateMcastGrp-1], act.ID == p4src.ActionReplicate
		if act.ID == p4src.ActionSequence {
			id, names = act.Params[p4src.ParamSequenceMcastGrp-1], true
		}
		if _, there := have.Multicast[uint16(id)]; names && !there {
			return fmt.Sprintf("entry %+v names multicast group %d", key, id)
		}
	}
	return ""
}
