package sequencer

import (
	"fmt"
	"maps"
	"slices"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/p4src"
)

// contract is the p4info of p4src in the form that requests are checked against.
type contract struct {
	tables    map[uint32]*table
	order     []*table // by id
	actions   map[uint32]*action
	packetIn  *p4configv1.ControllerPacketMetadata
	packetOut *p4configv1.ControllerPacketMetadata
	objects   map[uint32]proto.Message // every object with an id, for the comparison
}

type table struct {
	id       uint32
	name     string
	fields   []*p4configv1.MatchField // field id i at index i-1
	scopes   map[uint32]p4configv1.ActionRef_Scope
	constant bool   // the default entry cannot be modified
	initial  uint32 // the default entry's action
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

// verify says how a pushed p4info differs from the contract. What does not change the meaning of a
// request (documentation, annotations, package information) may differ.
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

// objectsOf returns what a p4info declares, by id, without what carries no meaning.
func objectsOf(info *p4configv1.P4Info) map[uint32]proto.Message {
	objects := map[uint32]proto.Message{}
	add := func(p *p4configv1.Preamble, m proto.Message) { objects[p.GetId()] = strip(m) }
	for _, x := range info.GetTables() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetActions() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetActionProfiles() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetCounters() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetDirectCounters() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetMeters() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetDirectMeters() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetControllerPacketMetadata() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetValueSets() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetRegisters() {
		add(x.GetPreamble(), x)
	}
	for _, x := range info.GetDigests() {
		add(x.GetPreamble(), x)
	}
	return objects
}

// strip returns a copy of an object without annotations, documentation, and fields that the
// bindings do not know.
func strip(m proto.Message) proto.Message {
	switch x := proto.Clone(m).(type) {
	case *p4configv1.Table:
		x.ProtoReflect().SetUnknown(nil)
		stripPreamble(x.GetPreamble())
		for _, ref := range x.GetActionRefs() {
			ref.Annotations, ref.AnnotationLocations, ref.StructuredAnnotations = nil, nil, nil
		}
		for _, f := range x.GetMatchFields() {
			f.Annotations, f.AnnotationLocations, f.StructuredAnnotations, f.Doc = nil, nil, nil, nil
		}
		return x
	case *p4configv1.Action:
		x.ProtoReflect().SetUnknown(nil)
		stripPreamble(x.GetPreamble())
		for _, p := range x.GetParams() {
			p.Annotations, p.AnnotationLocations, p.StructuredAnnotations, p.Doc = nil, nil, nil, nil
		}
		return x
	case interface {
		proto.Message
		GetPreamble() *p4configv1.Preamble
	}:
		stripPreamble(x.GetPreamble())
		return x
	default:
		return x
	}
}

func stripPreamble(p *p4configv1.Preamble) {
	if p == nil {
		return
	}
	p.Annotations, p.AnnotationLocations, p.StructuredAnnotations, p.Doc = nil, nil, nil, nil
}

// describe names an object for an error message.
func describe(m proto.Message) string {
	x, ok := m.(interface {
		GetPreamble() *p4configv1.Preamble
	})
	if !ok {
		return "an object of unknown kind"
	}
	return fmt.Sprintf("%s %q (id %#x)", m.ProtoReflect().Descriptor().Name(),
		x.GetPreamble().GetName(), x.GetPreamble().GetId())
}
