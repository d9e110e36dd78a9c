package cluster

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/oumlib"
)

// File is a cluster file that passed every check.
type File struct {
	Path string `yaml:"-"` // relative paths in the file are relative to its directory

	Name          string         `yaml:"name" form:"name" required:"true"`
	MTU           int            `yaml:"mtu,omitempty" default:"1400" min:"256" max:"65507"` // largest UDP payload in bytes; the default leaves room for a tunnel on Ethernet
	KeyFile       string         `yaml:"key_file" form:"path" required:"true"`               // of the cluster key, as written; Key reads it
	ClientKeyFile string         `yaml:"client_key_file,omitempty" form:"path"`              // as written; empty: ClientAuth derives the key
	Controllers   []Controller   `yaml:"controllers" required:"true"`
	Topology      *Topology      `yaml:"topology,omitempty"`         // nil: no switches
	Sequencers    []Sequencer    `yaml:"sequencers" required:"true"` // in the order of preference
	Groups        []Group        `yaml:"groups" required:"true"`
	KV            []KV           `yaml:"kv,omitempty"`
	Timing        limits.Timing  `yaml:"timing,omitempty"`
	Limits        limits.Replica `yaml:"limits,omitempty"`
	Clients       limits.Client  `yaml:"clients,omitempty"` // of front-ends and clients

	lines map[string]int // path of a key → its line
}

// Controller is one controller.
type Controller struct {
	Address netip.AddrPort `yaml:"address" form:"connect" required:"true"` // gRPC
	HTTP    netip.AddrPort `yaml:"http" form:"connect"`                    // zero: not served
	Dir     string         `yaml:"dir" form:"path" required:"true"`        // holds the durable session numbers
}

// KindUDP is the end-host sequencer in Go user space.
const KindUDP = "udp"

// Sequencer is one candidate for stamping the groups' messages: an end host, or a switch of the topology, whose entry there has
// the other fields.
type Sequencer struct {
	Name      string         `yaml:"name" form:"name" required:"true"` // of a switch: the switch's
	Kind      string         `yaml:"kind" oneof:"udp,bmv2,tofino" default:"udp"`
	DeviceID  uint64         `yaml:"device_id,omitempty" default:"1" max:"4611686018427387904"` // P4Runtime device id
	P4Runtime netip.AddrPort `yaml:"p4runtime" form:"connect" required:"true"`                  // gRPC
	Data      netip.AddrPort `yaml:"data" form:"stamped" required:"true"`                       // UDP: receives requests
	HTTP      netip.AddrPort `yaml:"http" form:"connect"`                                       // zero: not served
}

func (s *Sequencer) decode(d *decoder, n *yaml.Node, path string) {
	if kind := peek(n, "kind"); kind != KindBMv2 && kind != KindTofino {
		d.mapping(n, path, s)
		return
	}
	var ref struct {
		Name string `yaml:"name" form:"name" required:"true"`
		Kind string `yaml:"kind" oneof:"bmv2,tofino" required:"true"`
	}
	d.mapping(n, path, &ref)
	s.Name, s.Kind = ref.Name, ref.Kind
}

// Group is one replicated service.
type Group struct {
	Name     string     `yaml:"name" form:"name" required:"true"`
	Address  netip.Addr `yaml:"address" like:"10.97.0.1, which is the group's number" required:"true"` // virtual
	F        int        `yaml:"f" min:"0" max:"31" required:"true"`                                    // failures to survive
	Replicas []Replica  `yaml:"replicas" required:"true"`
}

// Number returns the group's OUM number, which is its address.
func (g *Group) Number() uint32 { return oumlib.GroupNumber(g.Address.As4()) }

// Replica is one of the 2f+1 replicas of a group.
type Replica struct {
	Address netip.AddrPort `yaml:"address" form:"stamped" required:"true"` // UDP
	Bulk    netip.AddrPort `yaml:"bulk" form:"connect"`                    // TCP; the same as Address where the file has none
	HTTP    netip.AddrPort `yaml:"http" form:"connect"`                    // zero: not served
	Dir     string         `yaml:"dir" form:"path" required:"true"`        // holds the durable record
}

func (r *Replica) decode(d *decoder, n *yaml.Node, path string) {
	d.mapping(n, path, r)
	if !r.Bulk.IsValid() {
		r.Bulk = r.Address
		d.lines[join(path, "bulk")] = d.lines[join(path, "address")]
	}
}

// KV is one RESP front-end of a group that runs the key-value store.
type KV struct {
	RESP         netip.AddrPort `yaml:"resp" form:"listen" required:"true"`
	Group        string         `yaml:"group" form:"name" required:"true"`
	HTTP         netip.AddrPort `yaml:"http" form:"connect"`                 // zero: not served
	PasswordFile string         `yaml:"password_file,omitempty" form:"path"` // as written, see Password; empty: no authentication
	TLSCert      string         `yaml:"tls_cert,omitempty" form:"path"`      // as written, see TLS; empty: plain TCP
	TLSKey       string         `yaml:"tls_key,omitempty" form:"path"`       // as written; set if and only if TLSCert is

	limits.FrontEnd `yaml:",inline"`
}

// Resolve returns path as seen from the working directory: a relative path is relative to the cluster file.
func (f *File) Resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(f.Path), path)
}

// Group returns the group of that name.
func (f *File) Group(name string) (*Group, bool) {
	for i := range f.Groups {
		if f.Groups[i].Name == name {
			return &f.Groups[i], true
		}
	}
	return nil, false
}

// PickGroup returns the group of that name, or the only one if the name is empty.
func (f *File) PickGroup(name string) (*Group, error) {
	if name == "" && len(f.Groups) == 1 {
		return &f.Groups[0], nil
	}
	if g, ok := f.Group(name); ok {
		return g, nil
	}
	names := make([]string, len(f.Groups))
	for i, g := range f.Groups {
		names[i] = g.Name
	}
	return nil, f.errorAt("groups", fmt.Sprintf("have no %q", name), fmt.Sprintf("one of the names %q", names))
}

// errorAt returns an Error about the key at path. The line of an absent key is that of the mapping around it.
func (f *File) errorAt(path, problem, expected string) *Error {
	line := f.lines[path]
	for at := path; line == 0 && strings.Contains(at, "."); line = f.lines[at] {
		at = at[:strings.LastIndex(at, ".")]
	}
	return &Error{File: f.Path, Line: line, Key: path, Problem: problem, Expected: expected}
}
