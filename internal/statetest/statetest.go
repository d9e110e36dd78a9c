// Package statetest checks that a canonical form of a state covers every field: if it missed one, a state-space
// explorer would take different states for the same.
package statetest

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"testing"
	"unsafe"
)

// Coverage collects the fields of a struct, and of everything it refers to, on which its canonical form depends.
type Coverage struct {
	root    reflect.Type
	omitted map[string]string
	matters map[string]bool // by package.type.field: whether a change of the field has changed the form
	tries   map[string]int  // changes of the field so far
}

// New returns a Coverage of root, a struct type. omitted has the fields that the form omits, by
// package.type.field, with the reasons.
func New(root reflect.Type, omitted map[string]string) *Coverage {
	return &Coverage{root: root, omitted: omitted, matters: map[string]bool{}, tries: map[string]int{}}
}

// Probe changes every field reachable from root, a pointer to a struct, one by one, notes whether that changes
// the form returned by encode, and restores the field. It skips fields that have changed the form before.
func (c *Coverage) Probe(root any, encode func() []byte) {
	p := probe{Coverage: c, encode: encode, form: bytes.Clone(encode()), seen: map[unsafe.Pointer]bool{}}
	p.value(reflect.ValueOf(root).Elem())
}

// Check fails the test for every field that is neither part of the form nor listed as omitted, and for every
// listed field that does not exist.
func (c *Coverage) Check(t *testing.T) {
	t.Helper()
	fields := map[string]bool{}
	c.walk(c.root, fields)
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		matters, reached := c.matters[name]
		switch _, omitted := c.omitted[name]; {
		case omitted || matters:
		case !reached:
			t.Errorf("%s was never reached: give the test a state in which it is in use", name)
		default:
			t.Errorf("%s is not written: write it, or list it as omitted with the reason", name)
		}
	}
	for name := range c.omitted {
		if !fields[name] {
			t.Errorf("%s is listed as omitted and does not exist", name)
		}
	}
}

// walk collects the fields of a type and of everything they refer to, except through omitted fields.
func (c *Coverage) walk(t reflect.Type, fields map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		c.walk(t.Elem(), fields)
	case reflect.Struct:
		for i := range t.NumField() {
			name := fieldName(t, i)
			if fields[name] {
				continue
			}
			fields[name] = true
			if _, ok := c.omitted[name]; !ok {
				c.walk(t.Field(i).Type, fields)
			}
		}
	}
}

func fieldName(t reflect.Type, i int) string { return t.String() + "." + t.Field(i).Name }

type probe struct {
	*Coverage
	encode func() []byte
	form   []byte
	seen   map[unsafe.Pointer]bool // pointers followed so far
}

// value probes the fields of the structs in v, which is addressable.
func (p *probe) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !p.seen[v.UnsafePointer()] {
			p.seen[v.UnsafePointer()] = true
			p.value(v.Elem())
		}
	case reflect.Slice, reflect.Array:
		if k := v.Type().Elem().Kind(); k == reflect.Struct || k == reflect.Pointer {
			for i := range min(v.Len(), most) {
				p.value(v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			p.field(fieldName(v.Type(), i), v.Field(i))
		}
	}
}

func (p *probe) field(name string, v reflect.Value) {
	if !p.matters[name] && p.tries[name] < tries {
		p.tries[name]++
		p.matters[name] = p.changes(v)
	}
	if _, ok := p.omitted[name]; !ok {
		p.value(v)
	}
}

// Bounds on the elements of a slice, and on the attempts for a field.
const (
	most  = 32
	tries = 1 << 14
)

// changes reports whether another value of v, or of something in it, changes the form.
func (p *probe) changes(v reflect.Value) bool {
	v = reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem() // makes it settable
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
		if !p.differs() {
			v.SetInt(v.Int() + 1<<42) // much later, in case it is a time
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() ^ 1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), v.Len()+1, v.Len()+1))
		reflect.Copy(v, old)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		} else {
			v.SetZero()
		}
	}
	differs := p.differs()
	v.Set(old)
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		for i := 0; i < min(v.Len(), most) && !differs; i++ {
			differs = p.changes(v.Index(i))
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && !differs; i++ {
			differs = p.changes(v.Field(i))
		}
	}
	return differs
}

// differs reports whether the form has changed. It has, too, if the changed state is inconsistent and encode
// panics.
func (p *probe) differs() (differs bool) {
	defer func() {
		if recover() != nil {
			differs = true
		}
	}()
	return !bytes.Equal(p.encode(), p.form)
}
