package controlplane

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

func TestValueOfAnyPadding(t *testing.T) {
	for _, v := range []uint64{0, 1, 0x100, 1<<64 - 1} {
		if got := value(append([]byte{0, 0}, p4src.FormatBits(v)...)); got != v {
			t.Errorf("value() of padded %#x = %#x", v, got)
		}
	}
	if got := value(slices.Repeat([]byte{1}, 9)); got != 1<<64-1 {
		t.Errorf("value() of nine bytes = %#x, want no number of ours", got)
	}
}

func testPlan(t *testing.T, ports ...uint16) *plan {
	t.Helper()
	g := Group{Number: groupA, Name: "kv", F: 1}
	for _, port := range ports {
		g.Replicas = append(g.Replicas, Replica{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)})
	}
	p, err := compile(nil, []Group{g}, []byte("key"), func(uint32) (uint16, error) { return 2, nil })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sequenceEntry is what a target returns of the sequence entry of (groupA, 7).
func (p *plan) sequenceEntry() *p4v1.TableEntry {
	return oumGroupKey(groupA, unstamped).entry(p.sequence(p.group(groupA), 7))
}

func TestSequenceEntryIsReadBack(t *testing.T) {
	p := testPlan(t, 1, 2, 3)
	intact := []SequenceEntry{{groupA, 7, true}}
	tests := []struct {
		name string
		harm func(e *p4v1.TableEntry)
		want []SequenceEntry
	}{
		{"as written", func(*p4v1.TableEntry) {}, intact},
		{"padded", func(e *p4v1.TableEntry) {
			for _, p := range e.GetAction().GetAction().GetParams() {
				p.Value = append([]byte{0}, p.GetValue()...)
			}
		}, intact},
		{"in another order", func(e *p4v1.TableEntry) { slices.Reverse(e.GetAction().GetAction().GetParams()) }, intact},
		{"other cell", setParam(p4src.ParamSequenceGroupIndex, 3), []SequenceEntry{{groupA, 7, false}}},
		{"other token", setParam(p4src.ParamSequenceToken, 3), []SequenceEntry{{groupA, 7, false}}},
		{"other copies", setParam(p4src.ParamSequenceMcastGrp, 9), []SequenceEntry{{groupA, 7, false}}},
		{"token of another session", setParam(p4src.ParamSequenceSession, 8), []SequenceEntry{{groupA, 8, false}}},
		{"no session", setParam(p4src.ParamSequenceSession, 0), nil},
		{"other action", func(e *p4v1.TableEntry) { e.GetAction().GetAction().ActionId = p4src.ActionReplicate }, nil},
		{"too few parameters", func(e *p4v1.TableEntry) {
			a := e.GetAction().GetAction()
			a.Params = a.GetParams()[:3]
		}, nil},
		{"unknown group", func(e *p4v1.TableEntry) { e.Match[0] = exact(p4src.FieldOUMGroupIPv4Dst, groupB) }, nil},
		{"for stamped packets", func(e *p4v1.TableEntry) { e.Match[1] = exact(p4src.FieldOUMGroupSequenced, 1) }, nil},
		{"no action", func(e *p4v1.TableEntry) { e.Action = nil }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := p.sequenceEntry()
			tt.harm(e)
			got := p.sequences(readTables([]*p4v1.Entity{tableEntity(e)}))
			if !slices.Equal(got, tt.want) {
				t.Errorf("sequences() = %+v, want %+v", got, tt.want)
			}
		})
	}
	if got, want := p.sequence(p.group(groupA), 7).params[p4src.ParamSequenceToken-1], oumlib.SessionToken([]byte("key"), groupA, 7); got != want {
		t.Errorf("the token is %#x, want that of the session", got)
	}
}

func setParam(id uint32, v uint64) func(e *p4v1.TableEntry) {
	return func(e *p4v1.TableEntry) {
		for _, p := range e.GetAction().GetAction().GetParams() {
			if p.GetParamId() == id {
				p.Value = p4src.FormatBits(v)
			}
		}
	}
}

// Every change arrives at a target as it was meant, and is read back from there as it was written.
func TestEntitiesAreReadBack(t *testing.T) {
	want := newTables()
	for i, table := range []uint32{p4src.TablePortRole, p4src.TableOUMGroup, p4src.TableIPv4LPM, p4src.TableIPv4LPM, p4src.TableOUMCopy, p4src.TableARPGateway} {
		key := tableKey{table: table, match: uint64(0x0A000000 * min(i, 1) * (i - 3))}
		if table == p4src.TableIPv4LPM {
			key.second = uint64(32 * (3 - i))
			key.match = uint64(0x0A000001 * (3 - i))
		}
		want.entries[key] = tableAction{id: p4src.ActionForward, params: [4]uint64{1, 0x020000000001, uint64(i)}}
	}
	want.mcast[3] = []copyRef{{1, 64}, {2, 65}}
	var read []*p4v1.Entity
	for _, c := range slices.Concat(difference(newTables(), want)...) {
		read = append(read, c.update().GetEntity())
	}
	got := readTables(read)
	if !maps.Equal(got.entries, want.entries) || !slices.Equal(got.mcast[3], want.mcast[3]) {
		t.Errorf("wrote %+v\nread %+v", want, got)
	}
}

// The difference, applied, leaves no difference; and sequence entries of the group are not in it.
func TestDifference(t *testing.T) {
	old, now := testPlan(t, 1, 2, 3), testPlan(t, 1, 4)
	have := newTables()
	applyInAnyOrder(t, testRNG(), have, difference(have, old.wanted(nil, have)))
	have.entries[oumGroupKey(groupB, unstamped)] = tableAction{id: p4src.ActionGroupDrop} // somebody else's
	have.entries[oumGroupKey(groupA, unstamped)] = old.sequence(old.group(groupA), 5)
	for _, p := range []*plan{now, old, now} {
		applyInAnyOrder(t, testRNG(), have, difference(have, p.wanted(nil, have)))
		if rest := difference(have, p.wanted(nil, have)); len(rest) != 0 {
			t.Fatalf("a difference is left: %v", rest)
		}
		if got := p.sequences(have); !slices.Equal(got, []SequenceEntry{{groupA, 5, true}}) {
			t.Fatalf("the sequence entries are %+v, want them untouched", got)
		}
		if want, got := 1+len(p.groups[0].replicas), len(have.entries); got != want {
			t.Fatalf("%d entries are installed, want %d", got, want)
		}
	}
}

// applyInAnyOrder does what a target may do with batches of changes: the changes of each in any order.
func applyInAnyOrder(t reporter, rng *rand.Rand, have *tables, batches [][]change) {
	t.Helper()
	for _, batch := range batches {
		for _, i := range rng.Perm(len(batch)) {
			applyStrictly(t, have, batch[i])
		}
	}
}

// applyStrictly does what a target does, which refuses an INSERT of what is there and other changes of what is
// not, and checks that the change leaves nothing that names what is not there.
func applyStrictly(t reporter, have *tables, c change) {
	t.Helper()
	_, there := have.mcast[c.id]
	if c.key.table != 0 {
		_, there = have.entries[c.key]
	}
	if there == (c.kind == changeInsert) {
		t.Fatalf("change %+v, and it is %v that there is such an entry", c, there)
	}
	before := have.dangling()
	have.apply(c)
	if after := have.dangling(); after != "" && before == "" {
		t.Fatalf("after %+v: %s", c, after)
	}
}

// dangling says what is named and not there.
func (t *tables) dangling() string {
	for id, refs := range t.mcast {
		for _, ref := range refs {
			if _, there := t.entries[tableKey{table: p4src.TableOUMCopy, match: uint64(ref.rid)}]; !there {
				return fmt.Sprintf("multicast group %d names copy %d", id, ref.rid)
			}
		}
	}
	for key, act := range t.entries {
		id, names := act.params[p4src.ParamReplicateMcastGrp-1], act.id == p4src.ActionReplicate
		if act.id == p4src.ActionSequence {
			id, names = act.params[p4src.ParamSequenceMcastGrp-1], true
		}
		if _, there := t.mcast[uint16(id)]; names && !there {
			return fmt.Sprintf("entry %+v names multicast group %d", key, id)
		}
	}
	return ""
}
