package cluster

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder walks a YAML document and keeps the first thing that is wrong with it. It works on nodes
// rather than into structs so that every complaint has a line and a key.
type decoder struct {
	file  string
	lines map[string]int // path of a key → its line
	err   *Error
}

// take reads the value of the key at path.
type take func(n *yaml.Node, path string)

// field is a key that a mapping may have.
type field struct {
	key      string
	required bool
	take     take
}

func required(key string, t take) field { return field{key, true, t} }
func optional(key string, t take) field { return field{key, false, t} }

func (d *decoder) fail(line int, path, problem, expected string) {
	if d.err == nil {
		d.err = &Error{File: d.file, Line: line, Key: path, Problem: problem, Expected: expected}
	}
}

// mapping reads a mapping that has exactly these fields, each at most once.
func (d *decoder) mapping(n *yaml.Node, path string, fields ...field) {
	name := path
	if name == "" {
		name = "cluster file"
	}
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, name, "is "+describe(n), "a mapping with "+strings.Join(keys, ", "))
		return
	}
	seen := make(map[string]int, len(fields))
	for i := 0; i+1 < len(n.Content); i += 2 {
		d.pair(n.Content[i], n.Content[i+1], path, fields, keys, seen)
	}
	for _, f := range fields {
		if f.required && seen[f.key] == 0 {
			d.fail(n.Line, join(path, f.key), "is missing", "this key here")
		}
	}
}

// peek returns the value of a key of a mapping before the mapping is read; "" if it has none.
func peek(n *yaml.Node, key string) string {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if k, v := n.Content[i], n.Content[i+1]; k.Kind == yaml.ScalarNode && k.Value == key && v.Kind == yaml.ScalarNode {
			return v.Value
		}
	}
	return ""
}

// pair reads one key and its value.
func (d *decoder) pair(k, v *yaml.Node, path string, fields []field, keys []string, seen map[string]int) {
	at := join(path, printable(k.Value))
	for _, f := range fields {
		if k.Kind != yaml.ScalarNode || f.key != k.Value {
			continue
		}
		if first := seen[f.key]; first != 0 {
			d.fail(k.Line, at, fmt.Sprintf("is there twice, first on line %d", first), "it once")
			return
		}
		seen[f.key] = k.Line
		d.lines[at] = k.Line
		f.take(v, at)
		return
	}
	d.fail(k.Line, at, "is an unknown key", "one of "+strings.Join(keys, ", "))
}

// list reads a sequence of at least least items.
func (d *decoder) list(least int, item take) take {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.SequenceNode {
			d.fail(n.Line, path, "is "+describe(n), "a list")
			return
		}
		if len(n.Content) < least {
			d.fail(n.Line, path, fmt.Sprintf("has %d items", len(n.Content)), fmt.Sprintf("at least %d", least))
			return
		}
		for i, c := range n.Content {
			at := fmt.Sprintf("%s[%d]", path, i)
			d.lines[at] = c.Line
			item(c, at)
		}
	}
}

// scalar returns the text of a plain value.
func (d *decoder) scalar(n *yaml.Node, path, expected string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Value == "" {
		d.fail(n.Line, path, "is "+describe(n), expected)
		return "", false
	}
	return n.Value, true
}

// path reads a file or directory name.
func (d *decoder) path(p *string) take {
	return func(n *yaml.Node, path string) {
		if s, ok := d.scalar(n, path, "a path"); ok {
			*p = s
		}
	}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// name reads a name of something.
func (d *decoder) name(p *string) take {
	const expected = "a name of at most 63 letters, digits, '.', '_' and '-'"
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if ok && !nameForm.MatchString(s) {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
		}
		*p = s
	}
}

// choice reads one of a few words.
func (d *decoder) choice(p *string, words ...string) take {
	expected := "one of " + strings.Join(words, ", ")
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		for _, w := range words {
			if s == w {
				*p = s
				return
			}
		}
		d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
	}
}

// number reads a whole number from least to most.
func number[T int | uint64](d *decoder, p *T, least, most T) take {
	expected := fmt.Sprintf("a whole number from %d to %d", least, most)
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v < int64(least) || v > int64(most) {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
			return
		}
		*p = T(v)
	}
}

// duration reads a positive duration.
func (d *decoder) duration(p *time.Duration) take {
	const expected = "a duration above zero like 5ms"
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		v, err := time.ParseDuration(s)
		if err != nil || v <= 0 {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
			return
		}
		*p = v
	}
}

// reach says who has to get to an address.
type reach uint8

const (
	listen  reach = iota // it is only listened on: the wildcard address is allowed
	connect              // others connect to it
	stamped              // stamped datagrams go there: IPv4, like the sequencers' table entries
)

// address reads an IP address with a port. Names are not looked up: where a datagram goes must not
// depend on a name server.
func (d *decoder) address(p *netip.AddrPort, r reach) take {
	expected := "an IP address and port like 10.0.0.3:9701"
	switch r {
	case connect:
		expected += " that others reach it at"
	case stamped:
		expected = "an IPv4 address and port like 10.0.0.3:9701 that others reach it at"
	}
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		a, err := netip.ParseAddrPort(s)
		bad := err != nil || a.Port() == 0 || a.Addr().IsMulticast() ||
			(r != listen && a.Addr().IsUnspecified()) || (r == stamped && !a.Addr().Is4())
		if bad {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
			return
		}
		*p = a
	}
}

// ipv4 reads an IPv4 unicast address.
func (d *decoder) ipv4(p *netip.Addr, expected string) take {
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() || a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
			return
		}
		*p = a
	}
}

// describe says what stands where something else was expected.
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

// printable keeps an odd key from breaking the error's one line.
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
