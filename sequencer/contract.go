package sequencer

import (
	"fmt"
	"maps"
	"slices"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/netordered/nopaxos/p4src"
)

// contract is the p4info of p4src, indexed for checking requests.
type contract struct {
	tables    map[uint32]*table
	order     []*table // by id
	actions   map[uint32]*action
	packetIn  *p4configv1.ControllerPacketMetadata
	packetOut *p4configv1.ControllerPacketMetadata
	objects   map[uint32]object // by id, for the comparison with a pushed p4info
}

type table struct {
	id       uint32
	name     string
	fields   []*p4configv1.MatchField // field id i at index i-1
	scopes   map[uint32]p4configv1.ActionRef_Scope
	constant bool   // the default entry is constant
	initial  uint32 // initial action of the default entry
	size     int
	counter  bool // has a direct counter
}

type action struct {
	id     uint32
	name   string
	params []*p4configv1.Action_Param // parameter id i at index i-1
}

func newContract() (*contract, error) {
	info, err := p4src.P4Info()
	if err != nil {
		return nil, err
	}
	c := &contract{
		tables:  map[uint32]*table{},
		actions: map[uint32]*action{},
		objects: objectsOf(info),
	}
	for _, a := range info.GetActions() {
		if len(a.GetParams()) > len(Action{}.Params) {
			return nil, fmt.Errorf("sequencer: action %s has %d parameters, at most %d are supported",
				a.GetPreamble().GetName(), len(a.GetParams()), len(Action{}.Params))
		}
		id := a.GetPreamble().GetId()
		c.actions[id] = &action{id: id, name: a.GetPreamble().GetName(), params: a.GetParams()}
	}
	for _, t := range info.GetTables() {
		if len(t.GetMatchFields()) > len(Key{}.Fields) {
			return nil, fmt.Errorf("sequencer: table %s has %d match fields, at most %d are supported",
				t.GetPreamble().GetName(), len(t.GetMatchFields()), len(Key{}.Fields))
		}
		c.addTable(t)
	}
	for _, h := range info.GetControllerPacketMetadata() {
		switch h.GetPreamble().GetId() {
		case p4src.HeaderPacketIn:
			c.packetIn = h
		case p4src.HeaderPacketOut:
			c.packetOut = h
		}
	}
	return c, nil
}

func (c *contract) addTable(info *p4configv1.Table) {
	t := &table{
		id:       info.GetPreamble().GetId(),
		name:     info.GetPreamble().GetName(),
		fields:   info.GetMatchFields(),
		scopes:   map[uint32]p4configv1.ActionRef_Scope{},
		constant: info.GetConstDefaultActionId() != 0,
		initial:  info.GetConstDefaultActionId(),
		size:     int(info.GetSize()),
		counter:  slices.Contains(info.GetDirectResourceIds(), p4src.CounterOUMGroup),
	}
	if t.id == p4src.TableIPv4LPM {
		t.initial = p4src.InitialDefaultIPv4LPM
	}
	for _, ref := range info.GetActionRefs() {
		t.scopes[ref.GetId()] = ref.GetScope()
	}
	c.tables[t.id] = t
	c.order = append(c.order, t)
	slices.SortFunc(c.order, func(a, b *table) int { return int(a.id) - int(b.id) })
}

// verify reports the first difference between a pushed p4info and the contract. Documentation,
// annotations and package information may differ: they do not change the meaning of a request.
func (c *contract) verify(info *p4configv1.P4Info) error {
	pushed := objectsOf(info)
	for _, id := range slices.Sorted(maps.Keys(c.objects)) {
		got, ok := pushed[id]
		switch {
		case !ok:
			return fmt.Errorf("p4info lacks %s", describe(c.objects[id]))
		case !proto.Equal(c.objects[id], got):
			return fmt.Errorf("p4info has another %s than this pipeline", describe(got))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(pushed)) {
		if _, ok := c.objects[id]; !ok {
			return fmt.Errorf("p4info has %s, which this pipeline lacks", describe(pushed[id]))
		}
	}
	return nil
}

// object is a p4info declaration that has an id.
type object interface {
	proto.Message
	GetPreamble() *p4configv1.Preamble
}

// objectsOf returns the declarations of a p4info by id, without documentation, annotations, and
// fields that the bindings do not know.
func objectsOf(info *p4configv1.P4Info) map[uint32]object {
	objects := map[uint32]object{}
	info.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		for i := 0; f.IsList() && i < v.List().Len(); i++ {
			if x, ok := v.List().Get(i).Message().Interface().(object); ok {
				x = proto.CloneOf(x)
				x.ProtoReflect().SetUnknown(nil)
				strip(x.ProtoReflect())
				objects[x.GetPreamble().GetId()] = x
			}
		}
		return true
	})
	return objects
}

// ignored are the fields of p4info messages that do not change the meaning of a request.
var ignored = []protoreflect.Name{"annotations", "annotation_locations", "structured_annotations", "doc"}

// strip clears the ignored fields of a message and of the messages in it.
func strip(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case slices.Contains(ignored, f.Name()):
			m.Clear(f)
		case f.Message() == nil || f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				strip(v.List().Get(i).Message())
			}
		default:
			strip(v.Message())
		}
		return true
	})
}

// describe names an object for an error message.
func describe(x object) string {
	return fmt.Sprintf("%s %q (id %#x)", x.ProtoReflect().Descriptor().Name(), x.GetPreamble().GetName(), x.GetPreamble().GetId())
}
