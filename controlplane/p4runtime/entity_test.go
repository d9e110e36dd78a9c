package p4runtime

import (
	"maps"
	"net/netip"
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

const (
	groupA = 0x0A000001
	groupB = 0x0A000002
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

// testPlan has one group with replicas at these ports.
func testPlan(t *testing.T, ports ...uint16) *tables.Plan {
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

func TestSequenceEntryIsReadBack(t *testing.T) {
	install := testPlan(t, 1, 2, 3).Install(groupA, 7, false)
	intact := []failover.SequenceEntry{{Group: groupA, Session: 7, Intact: true}}
	changed := []failover.SequenceEntry{{Group: groupA, Session: 7}}
	tests := []struct {
		name string
		harm func(e *p4v1.TableEntry)
		want []failover.SequenceEntry
	}{
		{"as written", func(*p4v1.TableEntry) {}, intact},
		{"padded", func(e *p4v1.TableEntry) {
			for _, p := range e.GetAction().GetAction().GetParams() {
				p.Value = append([]byte{0}, p.GetValue()...)
			}
		}, intact},
		{"in another order", func(e *p4v1.TableEntry) { slices.Reverse(e.GetAction().GetAction().GetParams()) }, intact},
		{"other cell", setParam(p4src.ParamSequenceGroupIndex, 3), changed},
		{"other token", setParam(p4src.ParamSequenceToken, 3), changed},
		{"other copies", setParam(p4src.ParamSequenceMcastGrp, 9), changed},
		{"token of another session", setParam(p4src.ParamSequenceSession, 8), []failover.SequenceEntry{{Group: groupA, Session: 8}}},
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
			e := tableEntry(install.Key, install.Action)
			tt.harm(e)
			got := testPlan(t, 1, 2, 3).Sequences(decode([]*p4v1.Entity{tableEntity(e)}))
			if !slices.Equal(got, tt.want) {
				t.Errorf("Sequences() = %+v, want %+v", got, tt.want)
			}
		})
	}
	if got, want := install.Action.Params[p4src.ParamSequenceToken-1], oumlib.SessionToken([]byte("key"), groupA, 7); got != want {
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

// Every change is read back from a target as it was written.
func TestEntitiesAreReadBack(t *testing.T) {
	want := tables.New()
	for i, table := range []uint32{p4src.TablePortRole, p4src.TableOUMGroup, p4src.TableIPv4LPM, p4src.TableIPv4LPM, p4src.TableOUMCopy, p4src.TableARPGateway} {
		key := tables.Key{Table: table, Match: uint64(0x0A000000 * min(i, 1) * (i - 3))}
		if table == p4src.TableIPv4LPM {
			key.Second = uint64(32 * (3 - i))
			key.Match = uint64(0x0A000001 * (3 - i))
		}
		want.Entries[key] = tables.Action{ID: p4src.ActionForward, Params: [4]uint64{1, 0x020000000001, uint64(i)}}
	}
	want.Multicast[3] = []tables.Copy{{Port: 1, RID: 64}, {Port: 2, RID: 65}}
	var read []*p4v1.Entity
	for _, c := range slices.Concat(tables.Difference(tables.New(), want)...) {
		read = append(read, update(c).GetEntity())
	}
	got := decode(read)
	if !maps.Equal(got.Entries, want.Entries) || !slices.Equal(got.Multicast[3], want.Multicast[3]) {
		t.Errorf("wrote %+v\nread %+v", want, got)
	}
}
