package cluster

import (
	"fmt"
	"net/netip"

	"go.yaml.in/yaml/v3"
)

var (
	portExpected = fmt.Sprintf("a switch's port like s1/1, with ports from 1 to %d", MaxPort)
	linkExpected = fmt.Sprintf("two switches' ports like s1/1 - s2/3, with ports from 1 to %d", MaxPort)
)

const macExpected = "a unicast MAC address like 02:00:00:00:00:01"

func (d *decoder) topology(n *yaml.Node, path string, t *Topology) {
	d.mapping(n, path,
		optional("management", d.prefix(&t.Management)),
		optional("probe", d.duration(&t.Probe)),
		required("switches", d.list(1, items(&t.Switches, d.swtch))),
		optional("links", d.list(0, items(&t.Links, d.link))),
		required("hosts", d.list(1, items(&t.Hosts, d.host))),
	)
}

func (d *decoder) swtch(n *yaml.Node, path string, s *Switch) {
	s.DeviceID = 1
	d.mapping(n, path,
		required("name", d.name(&s.Name)),
		required("kind", d.choice(&s.Kind, KindBMv2, KindTofino)),
		optional("device_id", number(d, &s.DeviceID, 1, 1<<62)),
		required("p4runtime", d.address(&s.P4Runtime, connect)),
		optional("mac", d.mac(&s.MAC)),
		optional("program", d.path(&s.Program)),
	)
	if s.MAC == (MAC{}) {
		s.MAC = switchMAC(s.Name)
		d.lines[join(path, "mac")] = d.lines[join(path, "name")]
	}
	if s.Kind == KindTofino && s.Program == "" {
		d.fail(n.Line, join(path, "program"), "is missing",
			"the packed device config of a Tofino, which scripts/flash-tofino.sh makes")
	}
}

func (d *decoder) host(n *yaml.Node, path string, h *Host) {
	d.mapping(n, path,
		required("name", d.name(&h.Name)),
		required("address", d.ipv4(&h.Address, "an IPv4 unicast address like 10.0.1.2")),
		required("mac", d.mac(&h.MAC)),
		required("port", d.port(&h.Port)),
		optional("gateway", d.ipv4(&h.Gateway, "an IPv4 unicast address like 10.0.1.1")),
	)
}

func (d *decoder) link(n *yaml.Node, path string, l *Link) {
	s, ok := d.scalar(n, path, linkExpected)
	if !ok {
		return
	}
	var err error
	if *l, err = ParseLink(s); err != nil {
		d.fail(n.Line, path, fmt.Sprintf("is %q", s), linkExpected)
	}
}

// port reads a port of a switch.
func (d *decoder) port(p *Port) take {
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, portExpected)
		if !ok {
			return
		}
		var err error
		if *p, err = ParsePort(s); err != nil {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), portExpected)
		}
	}
}

// mac reads an Ethernet address.
func (d *decoder) mac(p *MAC) take {
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, macExpected)
		if !ok {
			return
		}
		var err error
		if *p, err = ParseMAC(s); err != nil {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), macExpected)
		}
	}
}

// prefix reads a network.
func (d *decoder) prefix(p *netip.Prefix) take {
	const expected = "a network like 10.255.0.0/24"
	return func(n *yaml.Node, path string) {
		s, ok := d.scalar(n, path, expected)
		if !ok {
			return
		}
		v, err := netip.ParsePrefix(s)
		if err != nil || v != v.Masked() {
			d.fail(n.Line, path, fmt.Sprintf("is %q", s), expected)
			return
		}
		*p = v
	}
}
