package sequencer

import (
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/p4src"
)

// FuzzUpdate checks that no update and no filter causes a panic, and that Read returns accepted
// entities in a form that Write accepts.
func FuzzUpdate(f *testing.F) {
	seed := func(u *p4v1.Update) {
		b, err := proto.Marshal(u)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	exact := func(id uint32, v ...byte) *p4v1.FieldMatch {
		return &p4v1.FieldMatch{FieldId: id, FieldMatchType: &p4v1.FieldMatch_Exact_{Exact: &p4v1.FieldMatch_Exact{Value: v}}}
	}
	table := func(e *p4v1.TableEntry) *p4v1.Entity {
		return &p4v1.Entity{Entity: &p4v1.Entity_TableEntry{TableEntry: e}}
	}
	seed(&p4v1.Update{Type: p4v1.Update_INSERT, Entity: table(&p4v1.TableEntry{
		TableId: p4src.TableOUMGroup,
		Match:   []*p4v1.FieldMatch{exact(1, 10, 0, 0, 1), exact(2, 0)},
		Action: &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: &p4v1.Action{
			ActionId: p4src.ActionSequence,
			Params: []*p4v1.Action_Param{
				{ParamId: 1, Value: []byte{0}}, {ParamId: 2, Value: []byte{1}},
				{ParamId: 3, Value: []byte{1}}, {ParamId: 4, Value: []byte{1}},
			},
		}}},
	})})
	seed(&p4v1.Update{Type: p4v1.Update_INSERT, Entity: table(&p4v1.TableEntry{
		TableId: p4src.TableIPv4LPM,
		Match: []*p4v1.FieldMatch{{FieldId: 1, FieldMatchType: &p4v1.FieldMatch_Lpm{
			Lpm: &p4v1.FieldMatch_LPM{Value: []byte{10, 0, 0, 0}, PrefixLen: 8},
		}}},
		Action: &p4v1.TableAction{Type: &p4v1.TableAction_Action{Action: &p4v1.Action{ActionId: p4src.ActionOUMDrop}}},
	})})
	seed(&p4v1.Update{Type: p4v1.Update_MODIFY, Entity: table(&p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true})})
	seed(&p4v1.Update{Type: p4v1.Update_INSERT, Entity: encodeMulticast(1, []Replica{{EgressPort: 1, Instance: 1}})})

	c, err := newContract()
	if err != nil {
		f.Fatal(err)
	}
	s := &Server{contract: c}
	f.Fuzz(func(t *testing.T, b []byte) {
		u := new(p4v1.Update)
		if proto.Unmarshal(b, u) != nil {
			return
		}
		st := newStore(c, nil)
		err := s.apply(st, u)
		if _, readErr := s.read(st, u.GetEntity()); readErr != nil && err == nil && u.GetType() != p4v1.Update_DELETE {
			t.Fatalf("accepted %v, and reading it fails: %v", u, readErr)
		}
		all, readErr := s.readTables(st, &p4v1.TableEntry{})
		if readErr != nil {
			t.Fatal(readErr)
		}
		again := newStore(c, nil)
		for _, e := range all {
			if err := s.apply(again, &p4v1.Update{Type: p4v1.Update_INSERT, Entity: e}); err != nil {
				t.Fatalf("%v was read, and inserting it fails: %v", e, err)
			}
		}
		if len(st.entries) != len(again.entries) && !u.GetEntity().GetTableEntry().GetIsDefaultAction() {
			t.Fatalf("%d entries, %d read back", len(st.entries), len(again.entries))
		}
	})
}
