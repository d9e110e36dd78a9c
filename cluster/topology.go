package cluster

import (
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Kinds of switches, which are also the kinds of the sequencers on them.
const (
	KindBMv2   = "bmv2"   // simple_switch_grpc, the software reference switch
	KindTofino = "tofino" // a Tofino behind the P4Runtime server of bf_switchd
)

// Topology is the network of P4 switches between the hosts of a cluster.
type Topology struct {
	// Management is the network beside the switches over which hosts may reach the controller. Without one, which is the zero
	// Prefix, the controller is at a host.
	Management netip.Prefix `yaml:"management"`
	// Probe is the time between two probes of each link between BMv2 switches; 0: links are not probed. With a shorter time
	// than MinProbe the controller does little else, with a longer one than MaxProbe it takes minutes to find a cut link.
	Probe    time.Duration `yaml:"probe,omitempty" min:"10ms" max:"10s"`
	Switches []Switch      `yaml:"switches" required:"true"`
	Links    []Link        `yaml:"links,omitempty"`
	Hosts    []Host        `yaml:"hosts" required:"true"`
}

// Switch is one P4 switch.
type Switch struct {
	Name      string         `yaml:"name" form:"name" required:"true"`
	Kind      string         `yaml:"kind" oneof:"bmv2,tofino" required:"true"`
	DeviceID  uint64         `yaml:"device_id" default:"1" max:"4611686018427387904"` // P4Runtime device id
	P4Runtime netip.AddrPort `yaml:"p4runtime" form:"connect" required:"true"`        // gRPC
	MAC       MAC            `yaml:"mac"`                                             // source of its frames; derived from the name where the file has none
	Program   string         `yaml:"program,omitempty" form:"path"`                   // as written, see DeviceConfig; empty: the program that nopaxos carries
}

func (s *Switch) decode(d *decoder, n *yaml.Node, path string) {
	d.mapping(n, path, s)
	if s.MAC == (MAC{}) {
		s.MAC = switchMAC(s.Name)
		d.lines[join(path, "mac")] = d.lines[join(path, "name")]
	}
	if s.Kind == KindTofino && s.Program == "" {
		d.fail(n.Line, join(path, "program"), "is missing",
			"the packed device config of a Tofino, which scripts/flash-tofino.sh makes")
	}
}

// MinProbe and MaxProbe are the bounds of Topology.Probe.
const (
	MinProbe = 10 * time.Millisecond
	MaxProbe = 10 * time.Second
)

// Link is a cable between two switches.
type Link struct{ A, B Port }

// Host is a machine at a switch.
type Host struct {
	Name    string     `yaml:"name" form:"name" required:"true"`
	Address netip.Addr `yaml:"address" like:"10.0.1.2" required:"true"`
	MAC     MAC        `yaml:"mac" required:"true"`
	Port    Port       `yaml:"port" required:"true"`
	Gateway netip.Addr `yaml:"gateway" like:"10.0.1.1"` // the switch answers ARP for it; zero: the host has a static neighbour
}

// maxPort is the highest port of a switch that may carry a cable: the program's ports have 9 bits, and the highest numbers
// are the controller's.
const maxPort = 509

// Port is a port of a switch.
type Port struct {
	Switch string
	Port   uint16 // from 1
}

// parsePort parses "switch/port".
func parsePort(s string) (Port, bool) {
	name, number, found := strings.Cut(s, "/")
	port, err := strconv.ParseUint(number, 10, 16)
	return Port{Switch: name, Port: uint16(port)}, found && err == nil && nameForm.MatchString(name) && port >= 1 && port <= maxPort
}

// String returns "switch/port".
func (p Port) String() string { return fmt.Sprintf("%s/%d", p.Switch, p.Port) }

// MarshalText implements encoding.TextMarshaler.
func (p Port) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// parseLink parses "switch/port - switch/port".
func parseLink(s string) (Link, bool) {
	ends := strings.Fields(s)
	if len(ends) != 3 || ends[1] != "-" {
		return Link{}, false
	}
	a, okA := parsePort(ends[0])
	b, okB := parsePort(ends[2])
	return Link{A: a, B: b}, okA && okB
}

// String returns "switch/port - switch/port".
func (l Link) String() string { return l.A.String() + " - " + l.B.String() }

// MarshalText implements encoding.TextMarshaler.
func (l Link) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// MAC is a 48-bit Ethernet address; the zero value is none.
type MAC [6]byte

// parseMAC parses a unicast address of the form 02:00:00:00:00:01.
func parseMAC(s string) (MAC, bool) {
	a, err := net.ParseMAC(s)
	if err != nil || len(a) != len(MAC{}) || !strings.EqualFold(a.String(), s) {
		return MAC{}, false
	}
	m := MAC(a)
	return m, m != MAC{} && m[0]&1 == 0
}

// String returns the form 02:00:00:00:00:01, or "" for none.
func (m MAC) String() string {
	if m == (MAC{}) {
		return ""
	}
	return net.HardwareAddr(m[:]).String()
}

// MarshalText implements encoding.TextMarshaler.
func (m MAC) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// switchMAC derives the address of a switch from its name alone, because hosts remember it. The address is locally
// administered.
func switchMAC(name string) MAC {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name)) // never fails, see hash.Hash
	sum := h.Sum32()
	return MAC{0x02, 0x4F, byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}
}

// Switch returns the switch of that name.
func (f *File) Switch(name string) (*Switch, bool) {
	if f.Topology == nil {
		return nil, false
	}
	for i := range f.Topology.Switches {
		if f.Topology.Switches[i].Name == name {
			return &f.Topology.Switches[i], true
		}
	}
	return nil, false
}

// HostAt returns the topology's host with that address.
func (f *File) HostAt(a netip.Addr) (*Host, bool) {
	if f.Topology == nil {
		return nil, false
	}
	for i := range f.Topology.Hosts {
		if f.Topology.Hosts[i].Address == a {
			return &f.Topology.Hosts[i], true
		}
	}
	return nil, false
}

// DeviceConfig reads the compiled program of the topology's switch number i; nil if the file names none. It reports a bad
// program file as an *Error.
func (f *File) DeviceConfig(i int) ([]byte, error) {
	program := f.Topology.Switches[i].Program
	if program == "" {
		return nil, nil
	}
	at := fmt.Sprintf("topology.switches[%d].program", i)
	path := f.Resolve(program)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, f.errorAt(at, path+" cannot be read: "+cause(err), "a readable file with the compiled program")
	}
	if len(data) == 0 {
		return nil, f.errorAt(at, path+" is empty", "a file with the compiled program")
	}
	return data, nil
}
