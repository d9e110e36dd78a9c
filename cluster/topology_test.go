package cluster

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const switched = `name: fabric
key_file: cluster.key
controllers:
  - {address: 10.255.0.1:9600, dir: controller}
topology:
  management: 10.255.0.0/24
  probe: 100ms
  switches:
    - {name: s1, kind: bmv2, device_id: 1, p4runtime: 127.0.0.1:9559, mac: "02:00:00:00:01:00"}
    - {name: s2, kind: bmv2, device_id: 2, p4runtime: 127.0.0.1:9560, program: other.json}
    - {name: t1, kind: tofino, p4runtime: 10.255.0.9:9559, program: oum.bin}
  links: ["s1/1 - t1/128", "s2/1 - t1/136", "s1/2 - s2/2"]
  hosts:
    - {name: h1, address: 10.0.1.2, mac: "02:00:00:00:00:01", port: s1/3, gateway: 10.0.1.1}
    - {name: h2, address: 10.0.1.3, mac: "02:00:00:00:00:02", port: s1/4, gateway: 10.0.1.1}
    - {name: h3, address: 10.0.2.2, mac: "02:00:00:00:00:03", port: s2/3, gateway: 10.0.2.1}
    - {name: h4, address: 10.0.2.3, mac: "02:00:00:00:00:04", port: s2/4}
sequencers:
  - {name: t1, kind: tofino}
  - {name: s1, kind: bmv2}
  - {name: u1, kind: udp, p4runtime: 10.0.2.3:9559, data: 10.0.2.3:9797}
groups:
  - name: kv
    address: 10.97.0.1
    f: 1
    replicas:
      - {address: 10.0.1.2:9701, dir: r0}
      - {address: 10.0.1.3:9701, dir: r1}
      - {address: 10.0.2.2:9701, dir: r2}
`

func TestParseTopology(t *testing.T) {
	f, err := Parse("/etc/c.yaml", []byte(switched))
	if err != nil {
		t.Fatal(err)
	}
	if f.Topology.Probe != 100*time.Millisecond {
		t.Errorf("links are probed every %v", f.Topology.Probe)
	}
	if got := f.Topology.Links[0]; got != (Link{Port{"s1", 1}, Port{"t1", 128}}) {
		t.Errorf("first link: %v", got)
	}
	s2, ok := f.Switch("s2")
	if !ok || s2.MAC != switchMAC("s2") || s2.MAC[0]&3 != 2 {
		t.Errorf("s2: %v %+v, expected a derived local MAC address", ok, s2)
	}
	if s := f.Sequencers[0]; s.P4Runtime.IsValid() || s.Data.IsValid() || s.Kind != KindTofino {
		t.Errorf("sequencer t1: %+v", s)
	}
	h, ok := f.HostAt(netip.MustParseAddr("10.0.2.3"))
	if !ok || h.Name != "h4" || h.Gateway.IsValid() {
		t.Errorf("host 10.0.2.3: %v %+v", ok, h)
	}
	if _, ok := f.HostAt(netip.MustParseAddr("10.0.9.9")); ok {
		t.Error("a host at 10.0.9.9")
	}

	text, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("/etc/c.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	f.lines, again.lines = nil, nil
	if !reflect.DeepEqual(f, again) {
		t.Errorf("wrote %+v\nread %+v", f, again)
	}
}

func TestTopologyErrors(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new string // replaced in switched, once
		want     string // the whole error
	}{
		{"unknown key", "management:", "managment:",
			`c.yaml:6: topology.managment: is an unknown key, expected one of management, probe, switches, links, hosts`},
		{"no time between probes", "probe: 100ms", "probe: 0",
			`c.yaml:7: topology.probe: is "0", expected a duration from 10ms to 10s`},
		{"too little time between probes", "probe: 100ms", "probe: 1ns",
			`c.yaml:7: topology.probe: is "1ns", expected a duration from 10ms to 10s`},
		{"barely too little time between probes", "probe: 100ms", "probe: 9ms",
			`c.yaml:7: topology.probe: is "9ms", expected a duration from 10ms to 10s`},
		{"too much time between probes", "probe: 100ms", "probe: 11s",
			`c.yaml:7: topology.probe: is "11s", expected a duration from 10ms to 10s`},
		{"host at an address of probes", "h4, address: 10.0.2.3", "h4, address: 169.254.1.3",
			`c.yaml:17: topology.hosts[3].address: is 169.254.1.3, which is link-local (RFC 3927), as the probes of links are, expected another address`},
		{"group at an address of probes", "address: 10.97.0.1", "address: 169.254.1.3",
			`c.yaml:24: groups[0].address: is 169.254.1.3, which is link-local (RFC 3927), as the probes of links are, expected another address`},
		{"network with host bits", "10.255.0.0/24", "10.255.0.1/24",
			`c.yaml:6: topology.management: is "10.255.0.1/24", expected a network like 10.255.0.0/24`},
		{"no such kind of switch", "{name: s1, kind: bmv2, d", "{name: s1, kind: udp, d",
			`c.yaml:9: topology.switches[0].kind: is "udp", expected one of bmv2, tofino`},
		{"no such kind of sequencer", "{name: s1, kind: bmv2}", "{name: s1, kind: asic}",
			`c.yaml:20: sequencers[1].kind: is "asic", expected one of udp, bmv2, tofino`},
		{"Tofino without a program", ", program: oum.bin", "",
			`c.yaml:11: topology.switches[2].program: is missing, expected the packed device config of a Tofino, which scripts/flash-tofino.sh makes`},
		{"broken MAC address", "02:00:00:00:00:03", "02:00:00:00:00",
			`c.yaml:16: topology.hosts[2].mac: is "02:00:00:00:00", expected a unicast MAC address like 02:00:00:00:00:01`},
		{"MAC address of several", "02:00:00:00:00:03", "01:00:00:00:00:03",
			`c.yaml:16: topology.hosts[2].mac: is "01:00:00:00:00:03", expected a unicast MAC address like 02:00:00:00:00:01`},
		{"MAC address of none", "02:00:00:00:00:03", "00:00:00:00:00:00",
			`c.yaml:16: topology.hosts[2].mac: is "00:00:00:00:00:00", expected a unicast MAC address like 02:00:00:00:00:01`},
		{"port 0", "port: s1/3", "port: s1/0",
			`c.yaml:14: topology.hosts[0].port: is "s1/0", expected a switch's port like s1/1, with ports from 1 to 509`},
		{"the controller's port", "port: s1/3", "port: s1/510",
			`c.yaml:14: topology.hosts[0].port: is "s1/510", expected a switch's port like s1/1, with ports from 1 to 509`},
		{"link of one end", "s1/2 - s2/2", "s1/2",
			`c.yaml:12: topology.links[2]: is "s1/2", expected two switches' ports like s1/1 - s2/3, with ports from 1 to 509`},
		{"link to itself", "s1/2 - s2/2", "s1/2 - s1/5",
			`c.yaml:12: topology.links[2]: is "s1/2 - s1/5", which leads from s1 to itself, expected a link between two switches`},
		{"link to nowhere", "s1/2 - s2/2", "s1/2 - s9/2",
			`c.yaml:12: topology.links[2]: names switch "s9", which does not exist, expected the name of one of topology.switches`},
		{"host at no switch", "port: s1/3", "port: h2/3",
			`c.yaml:14: topology.hosts[0].port: names switch "h2", which does not exist, expected the name of one of topology.switches`},
		{"port with two links", "s1/2 - s2/2", "s1/1 - s2/2",
			`c.yaml:12: topology.links[2]: s1/1 is already used by topology.links[0] on line 12, expected another port`},
		{"host's port has a link", "port: s1/3", "port: s1/2",
			`c.yaml:14: topology.hosts[0].port: s1/2 is already used by topology.links[2] on line 12, expected another port`},
		{"two hosts at a port", "port: s1/4", "port: s1/3",
			`c.yaml:15: topology.hosts[1].port: s1/3 is already used by topology.hosts[0].port on line 14, expected another port`},
		{"two switches of a name", "name: s2, kind", "name: s1, kind",
			`c.yaml:10: topology.switches[1].name: s1 is already used by topology.switches[0].name on line 9, expected another name`},
		{"host with a switch's name", "name: h2", "name: s2",
			`c.yaml:15: topology.hosts[1].name: s2 is already used by topology.switches[1].name on line 10, expected another name`},
		{"two MAC addresses", "02:00:00:00:00:02", "02:00:00:00:01:00",
			`c.yaml:15: topology.hosts[1].mac: 02:00:00:00:01:00 is already used by topology.switches[0].mac on line 9, expected another MAC address`},
		{"derived MAC address is taken", "02:00:00:00:00:02", switchMAC("s2").String(),
			`c.yaml:15: topology.hosts[1].mac: ` + switchMAC("s2").String() + ` is already used by topology.switches[1].mac on line 10, expected another MAC address`},
		{"two hosts at an address", "address: 10.0.1.3,", "address: 10.0.1.2,",
			`c.yaml:15: topology.hosts[1].address: 10.0.1.2 is already used by topology.hosts[0].address on line 14, expected another address`},
		{"host with a group's address", "address: 10.0.1.3,", "address: 10.97.0.1,",
			`c.yaml:15: topology.hosts[1].address: 10.97.0.1 is already used by groups[0].address on line 24, expected another address`},
		{"host on IPv6", "address: 10.0.1.3,", "address: fd00::1,",
			`c.yaml:15: topology.hosts[1].address: is "fd00::1", expected an IPv4 unicast address like 10.0.1.2`},
		{"gateway that is a host", "gateway: 10.0.2.1", "gateway: 10.0.2.3",
			`c.yaml:16: topology.hosts[2].gateway: is 10.0.2.3, which is topology.hosts[3].address on line 17, expected an address of the switch that no host or group has`},
		{"gateway that is a group", "gateway: 10.0.2.1", "gateway: 10.97.0.1",
			`c.yaml:16: topology.hosts[2].gateway: is 10.97.0.1, which is groups[0].address on line 24, expected an address of the switch that no host or group has`},
		{"host in the management network", "address: 10.0.1.2, mac", "address: 10.255.0.7, mac",
			`c.yaml:14: topology.hosts[0].address: is 10.255.0.7, which is in topology.management 10.255.0.0/24, expected an address behind the switches`},
		{"host that nothing leads to", `"s2/1 - t1/136", "s1/2 - s2/2"`, ``,
			`c.yaml:16: topology.hosts[2].port: is s2/3, which is not connected to switch s1, expected links between all switches`},
		{"sequencer that nothing leads to", `"s1/1 - t1/128", "s2/1 - t1/136", `, ``,
			`c.yaml:11: topology.switches[2].name: is t1, which is not connected to switch s1, expected links between all switches`},
		{"sequencer that is no switch", "{name: s1, kind: bmv2}", "{name: s9, kind: bmv2}",
			`c.yaml:20: sequencers[1].name: is "s9", which does not exist, expected the name of one of topology.switches`},
		{"sequencer of another kind", "{name: s1, kind: bmv2}", "{name: s1, kind: tofino}",
			`c.yaml:20: sequencers[1].kind: is tofino, and the topology's switch s1 is bmv2, expected the same kind`},
		{"end host with a switch's name", "{name: u1, ", "{name: s2, ",
			`c.yaml:21: sequencers[2].name: is "s2", which is one of topology.switches, expected another name for an end host`},
		{"switch with an end host's keys", "{name: s1, kind: bmv2}", "{name: s1, kind: bmv2, device_id: 1}",
			`c.yaml:20: sequencers[1].device_id: is an unknown key, expected one of name, kind`},
		{"two P4Runtime servers at an address", "10.0.2.3:9559", "127.0.0.1:9559",
			`c.yaml:21: sequencers[2].p4runtime: 127.0.0.1:9559 is already used by topology.switches[0].p4runtime on line 9, expected another address`},
		{"replica at no host", "address: 10.0.2.2:9701", "address: 10.0.2.9:9701",
			`c.yaml:29: groups[0].replicas[2].address: is at 10.0.2.9, which no host of the topology has, expected the address of one of topology.hosts`},
		{"end-host sequencer at no host", "data: 10.0.2.3:9797", "data: 10.0.2.9:9797",
			`c.yaml:21: sequencers[2].data: is at 10.0.2.9, which no host of the topology has, expected the address of one of topology.hosts`},
		{"controller at no host", "10.255.0.1:9600", "10.254.0.1:9600",
			`c.yaml:4: controllers[0].address: is at 10.254.0.1, which no host of the topology has, expected the address of one of topology.hosts, or one in topology.management`},
		{"no topology", switched[strings.Index(switched, "topology:"):strings.Index(switched, "sequencers:")], "",
			`c.yaml:6: sequencers[0].kind: is tofino, and the file has no topology, expected a topology with this switch`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(switched, c.old, c.new, 1)
			if text == switched {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := Parse("c.yaml", []byte(text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, expected an *Error", err)
			}
			if e.Error() != c.want {
				t.Errorf("\ngot  %s\nwant %s", e, c.want)
			}
		})
	}
}

func TestDeviceConfig(t *testing.T) {
	dir := t.TempDir()
	f, err := Parse(filepath.Join(dir, "c.yaml"), []byte(switched))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.DeviceConfig(0); got != nil || err != nil {
		t.Errorf("without a program: %d bytes, %v", len(got), err)
	}
	path := filepath.Join(dir, "other.json")
	at := f.Path + ":10: topology.switches[1].program: " + path
	_, err = f.DeviceConfig(1)
	expectError(t, err, at+" cannot be read: open: no such file or directory, expected a readable file with the compiled program")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = f.DeviceConfig(1)
	expectError(t, err, at+" is empty, expected a file with the compiled program")
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := f.DeviceConfig(1); string(got) != "{}" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}
