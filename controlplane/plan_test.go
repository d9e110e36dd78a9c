package controlplane

import (
	"net/netip"
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

func TestValueOfAnswers(t *testing.T) {
	if got := value([]byte{0, 0, 1, 0}); got != 0x100 {
		t.Errorf("value() of padded 0x100 = %#x", got)
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
	p, err := compile([]Group{g}, []byte("key"), func(uint32) (uint16, error) { return 2, nil })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSequenceEntryIsReadBack(t *testing.T) {
	p := testPlan(t, 1, 2, 3)
	tests := []struct {
		name string
		harm func(e *p4v1.TableEntry)
		want SequenceEntry
		ok   bool
	}{
		{"as written", func(*p4v1.TableEntry) {}, SequenceEntry{groupA, 7, true}, true},
		{"padded", func(e *p4v1.TableEntry) {
			for _, p := range e.GetAction().GetAction().GetParams() {
				p.Value = append([]byte{0}, p.GetValue()...)
			}
		}, SequenceEntry{groupA, 7, true}, true},
		{"in another order", func(e *p4v1.TableEntry) { slices.Reverse(e.GetAction().GetAction().GetParams()) }, SequenceEntry{groupA, 7, true}, true},
		{"other cell", setParam(p4src.ParamSequenceGroupIndex, 3), SequenceEntry{groupA, 7, false}, true},
		{"other token", setParam(p4src.ParamSequenceToken, 3), SequenceEntry{groupA, 7, false}, true},
		{"other copies", setParam(p4src.ParamSequenceMcastGrp, 9), SequenceEntry{groupA, 7, false}, true},
		{"token of another session", setParam(p4src.ParamSequenceSession, 8), SequenceEntry{groupA, 8, false}, true},
		{"no session", setParam(p4src.ParamSequenceSession, 0), SequenceEntry{}, false},
		{"other action", func(e *p4v1.TableEntry) { e.GetAction().GetAction().ActionId = p4src.ActionReplicate }, SequenceEntry{}, false},
		{"unknown group", func(e *p4v1.TableEntry) { e.Match[0] = exact(p4src.FieldOUMGroupIPv4Dst, groupB) }, SequenceEntry{}, false},
		{"for stamped packets", func(e *p4v1.TableEntry) { e.Match[1] = exact(p4src.FieldOUMGroupSequenced, 1) }, SequenceEntry{}, false},
		{"no action", func(e *p4v1.TableEntry) { e.Action = nil }, SequenceEntry{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := p.sequenceEntry(groupA, 7)
			tt.harm(e)
			if got, ok := p.readSequence(e); got != tt.want || ok != tt.ok {
				t.Errorf("readSequence() = %+v, %v, want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
	if got := paramValue(p.sequenceEntry(groupA, 7), p4src.ParamSequenceToken); got != oumlib.SessionToken([]byte("key"), groupA, 7) {
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

// The difference, applied, leaves no difference; and sequence entries of the group are not in it.
func TestDifference(t *testing.T) {
	old, now := testPlan(t, 1, 2, 3), testPlan(t, 1, 4)
	foreign := &p4v1.TableEntry{
		TableId: p4src.TableOUMGroup,
		Match:   []*p4v1.FieldMatch{exact(p4src.FieldOUMGroupIPv4Dst, groupB), exact(p4src.FieldOUMGroupSequenced, 0)},
		Action:  action(p4src.ActionOUMDrop),
	}
	state := map[string]*p4v1.Entity{}
	apply := func(updates []*p4v1.Update) {
		t.Helper()
		for _, u := range updates {
			key := entityKey(u.GetEntity())
			_, there := state[key]
			if there == (u.GetType() == p4v1.Update_INSERT) {
				t.Fatalf("%v of an entity that is there: %v: %v", u.GetType(), there, u)
			}
			if u.GetType() == p4v1.Update_DELETE {
				delete(state, key)
			} else {
				state[key] = u.GetEntity()
			}
		}
	}
	entities := func() (all []*p4v1.Entity) {
		for _, key := range sortedKeys(state) {
			all = append(all, state[key])
		}
		return all
	}
	apply([]*p4v1.Update{tableUpdate(p4v1.Update_INSERT, foreign), tableUpdate(p4v1.Update_INSERT, old.sequenceEntry(groupA, 5))})
	for _, p := range []*plan{old, now, old} {
		apply(p.difference(p.sort(entities())))
		if rest := p.difference(p.sort(entities())); len(rest) != 0 {
			t.Fatalf("a difference is left: %v", rest)
		}
		if got, _ := p.readSequence(state[entityKey(tableEntity(p.sequenceEntry(groupA, 5)))].GetTableEntry()); !got.Intact {
			t.Fatalf("the sequence entry is %+v, want it untouched", got)
		}
		if want := 2 + len(p.copies); len(state) != want {
			t.Fatalf("%d entities are installed, want %d", len(state), want)
		}
	}
}

// entityKey identifies an entity as a target does.
func entityKey(e *p4v1.Entity) string {
	key := proto.CloneOf(e)
	if te := key.GetTableEntry(); te != nil {
		te.Action = nil
	}
	if m := key.GetPacketReplicationEngineEntry().GetMulticastGroupEntry(); m != nil {
		m.Replicas = nil
	}
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(key)
	if err != nil {
		panic(err)
	}
	return string(b)
}
