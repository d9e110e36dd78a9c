package cluster

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/netordered/nopaxos/internal/defaults"
)

// decoder reads a YAML document into structs, whose tags describe the keys:
//
//	yaml               the key; with ",inline" the keys of an embedded struct belong to the outer mapping
//	required           the key must be present, and a list must have an item
//	form               of a string: name or path; of an address with a port: listen, connect or stamped
//	oneof              the values of a string, separated by commas
//	like               an example of an IPv4 address
//	default, min, max  see package defaults
//
// It works on YAML nodes, so that every error has a line and a key, and keeps the first error.
type decoder struct {
	file  string
	lines map[string]int // path of a key → its line
	err   *Error
}

func (d *decoder) fail(line int, path, problem, expected string) {
	if d.err == nil {
		d.err = &Error{File: d.file, Line: line, Key: path, Problem: problem, Expected: expected}
	}
}

// custom is a struct with rules that its tags do not express.
type custom interface {
	decode(d *decoder, n *yaml.Node, path string)
}

// field is a key that a mapping may have.
type field struct {
	key   string
	tag   reflect.StructTag
	value reflect.Value
}

// fieldsOf returns the keys of a struct.
func fieldsOf(v reflect.Value) []field {
	var fields []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		switch key, options, _ := strings.Cut(f.Tag.Get("yaml"), ","); {
		case options == "inline":
			fields = append(fields, fieldsOf(v.Field(i))...)
		case f.IsExported() && key != "-":
			fields = append(fields, field{key, f.Tag, v.Field(i)})
		}
	}
	return fields
}

// mapping reads a mapping into the struct that to points to. Each of its keys may be present once; absent ones get their
// defaults.
func (d *decoder) mapping(n *yaml.Node, path string, to any) {
	fields := fieldsOf(reflect.ValueOf(to).Elem())
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, cmp.Or(path, wholeFile), "is "+describe(n), "a mapping with "+strings.Join(keys, ", "))
		return
	}
	defaults.Fill(to)
	for i := 0; i+1 < len(n.Content); i += 2 {
		d.pair(n.Content[i], n.Content[i+1], path, fields, keys)
	}
	for _, f := range fields {
		if at := join(path, f.key); f.tag.Get("required") != "" && d.lines[at] == 0 {
			d.fail(n.Line, at, "is missing", "this key")
		}
	}
}

// pair reads a key and its value.
func (d *decoder) pair(k, v *yaml.Node, path string, fields []field, keys []string) {
	at := join(path, printable(k.Value))
	for _, f := range fields {
		if k.Kind != yaml.ScalarNode || f.key != k.Value {
			continue
		}
		if first := d.lines[at]; first != 0 {
			d.fail(k.Line, at, fmt.Sprintf("is a duplicate of line %d", first), "the key once")
			return
		}
		d.lines[at] = k.Line
		d.value(v, at, f.value, f.tag)
		return
	}
	d.fail(k.Line, at, "is an unknown key", "one of "+strings.Join(keys, ", "))
}

// value reads the value of the key at path.
func (d *decoder) value(n *yaml.Node, path string, v reflect.Value, tag reflect.StructTag) {
	switch p := v.Addr().Interface().(type) {
	case custom:
		p.decode(d, n, path)
	case *netip.AddrPort:
		scalar(d, n, path, p, addressExpected(tag), func(s string) (netip.AddrPort, bool) { return parseAddress(s, tag) })
	case *netip.Addr:
		scalar(d, n, path, p, "an IPv4 unicast address like "+tag.Get("like"), parseIPv4)
	case *netip.Prefix:
		scalar(d, n, path, p, "a network like 10.255.0.0/24", parseNetwork)
	case *MAC:
		scalar(d, n, path, p, macExpected, parseMAC)
	case *Port:
		scalar(d, n, path, p, portExpected, parsePort)
	case *Link:
		scalar(d, n, path, p, linkExpected, parseLink)
	case *string:
		expected, valid := stringForm(tag)
		scalar(d, n, path, p, expected, func(s string) (string, bool) { return s, valid(s) })
	default:
		d.compound(n, path, v, tag)
	}
}

// compound reads a list, a mapping, or a number or duration.
func (d *decoder) compound(n *yaml.Node, path string, v reflect.Value, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, path, v.Elem(), tag)
	case reflect.Struct:
		d.mapping(n, path, v.Addr().Interface())
	case reflect.Slice:
		d.list(n, path, v, tag)
	default:
		text, plain := plainText(n)
		if expected, ok := defaults.Set(v, tag, text); !ok || !plain {
			d.fail(n.Line, path, "is "+describe(n), expected)
		}
	}
}

// list reads a sequence.
func (d *decoder) list(n *yaml.Node, path string, v reflect.Value, tag reflect.StructTag) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n.Line, path, "is "+describe(n), "a list")
		return
	}
	if len(n.Content) == 0 && tag.Get("required") != "" {
		d.fail(n.Line, path, "has 0 items", "at least 1")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, c := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = c.Line
		d.value(c, at, v.Index(i), "")
	}
}

// scalar reads a plain value.
func scalar[T any](d *decoder, n *yaml.Node, path string, to *T, expected string, parse func(string) (T, bool)) {
	text, ok := plainText(n)
	if ok {
		*to, ok = parse(text)
	}
	if !ok {
		d.fail(n.Line, path, "is "+describe(n), expected)
	}
}

// plainText returns the text of a plain value.
func plainText(n *yaml.Node) (string, bool) {
	return n.Value, n.Kind == yaml.ScalarNode && n.Tag != "!!null" && n.Value != ""
}

// peek returns the value of a key of a mapping that has not been read yet, or "".
func peek(n *yaml.Node, key string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if k, v := n.Content[i], n.Content[i+1]; k.Kind == yaml.ScalarNode && k.Value == key && v.Kind == yaml.ScalarNode {
			return v.Value
		}
	}
	return ""
}

// describe describes a value that is not the expected one.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.AliasNode:
		return "an alias"
	case n.Tag == "!!null" || n.Value == "":
		return "empty"
	}
	return strconv.Quote(n.Value)
}

// printable quotes a key that would break the one line of an error.
func printable(key string) string {
	if q := strconv.Quote(key); q != `"`+key+`"` || key == "" {
		return q
	}
	return key
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
