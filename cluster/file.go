package cluster

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/netordered/nopaxos/oumlib"
)

// File is a cluster file that passed every check.
type File struct {
	Path string `yaml:"-"` // where it was read from; relative paths in it are relative to its directory

	Name          string       `yaml:"name"`
	MTU           int          `yaml:"mtu"`                       // largest UDP payload in bytes
	KeyFile       string       `yaml:"key_file"`                  // of the cluster key, as written; Key reads it
	ClientKeyFile string       `yaml:"client_key_file,omitempty"` // as written; empty: ClientAuth derives the key
	Controllers   []Controller `yaml:"controllers"`
	Topology      *Topology    `yaml:"topology,omitempty"` // nil: no switches
	Sequencers    []Sequencer  `yaml:"sequencers"`         // in the order of preference
	Groups        []Group      `yaml:"groups"`
	KV            []KV         `yaml:"kv,omitempty"`
	Timing        Timing       `yaml:"timing,omitempty"`

	lines map[string]int // path of a key → its line
}

// Controller is one controller.
type Controller struct {
	Address netip.AddrPort `yaml:"address"` // gRPC
	HTTP    netip.AddrPort `yaml:"http"`    // zero: not served
	Dir     string         `yaml:"dir"`     // holds the durable session numbers
}

// KindUDP is the end-host sequencer in Go user space.
const KindUDP = "udp"

// Sequencer is one candidate for stamping the groups' messages: an end host, or a switch of the topology,
// which then says the rest.
type Sequencer struct {
	Name      string         `yaml:"name"`                // of a switch: the switch's
	Kind      string         `yaml:"kind"`                // KindUDP, KindBMv2 or KindTofino; only the first has the rest
	DeviceID  uint64         `yaml:"device_id,omitempty"` // P4Runtime device id, from 1
	P4Runtime netip.AddrPort `yaml:"p4runtime"`           // gRPC
	Data      netip.AddrPort `yaml:"data"`                // UDP: where senders send to
	HTTP      netip.AddrPort `yaml:"http"`                // zero: not served
}

// Group is one replicated service.
type Group struct {
	Name     string     `yaml:"name"`
	Address  netip.Addr `yaml:"address"` // virtual IPv4 address
	F        int        `yaml:"f"`       // failures to survive
	Replicas []Replica  `yaml:"replicas"`
}

// Number returns the group's OUM number, which its address stands for.
func (g *Group) Number() uint32 { return oumlib.GroupNumber(g.Address.As4()) }

// Replica is one of the 2f+1 replicas of a group.
type Replica struct {
	Address netip.AddrPort `yaml:"address"` // UDP
	Bulk    netip.AddrPort `yaml:"bulk"`    // TCP; the same as Address where the file has none
	HTTP    netip.AddrPort `yaml:"http"`    // zero: not served
	Dir     string         `yaml:"dir"`     // holds the durable record
}

// KV is one RESP front-end of a group that runs the key-value store.
type KV struct {
	RESP         netip.AddrPort `yaml:"resp"`
	Group        string         `yaml:"group"`
	HTTP         netip.AddrPort `yaml:"http"`                    // zero: not served
	PasswordFile string         `yaml:"password_file,omitempty"` // as written, see Password; empty: anyone may connect
	TLSCert      string         `yaml:"tls_cert,omitempty"`      // as written, see TLS; empty: plain TCP
	TLSKey       string         `yaml:"tls_key,omitempty"`       // as written; there if and only if TLSCert is
}

// Timing overrides the protocol's intervals; a zero field stands for the default (see
// replica.DefaultConfig, whose fields these are).
type Timing struct {
	Tick             time.Duration `yaml:"tick,omitempty"`
	TickMax          time.Duration `yaml:"tick_max,omitempty"`
	Ping             time.Duration `yaml:"ping,omitempty"`
	SuspectLeader    time.Duration `yaml:"suspect_leader,omitempty"`
	SuspectSequencer time.Duration `yaml:"suspect_sequencer,omitempty"`
	ViewChange       time.Duration `yaml:"view_change,omitempty"`
	Retransmit       time.Duration `yaml:"retransmit,omitempty"`
	Grace            time.Duration `yaml:"grace,omitempty"`
	GapBound         time.Duration `yaml:"gap_bound,omitempty"`
	SyncInterval     time.Duration `yaml:"sync_interval,omitempty"`
}

// Resolve returns path as seen from the working directory: a relative one is relative to the cluster
// file.
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

// errorAt makes an Error about the key at path.
func (f *File) errorAt(path, problem, expected string) *Error {
	return &Error{File: f.Path, Line: f.lines[path], Key: path, Problem: problem, Expected: expected}
}
