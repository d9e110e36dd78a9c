package packettest

import (
	"fmt"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

func prefixOf(a netip.Addr, bits int) netip.Prefix { return netip.PrefixFrom(a, bits) }

// routing checks the forwarding of ordinary IPv4 traffic, and the header fields that packets keep.
func routing(h hosts) []testCase {
	a := h.groupA()
	o := ordinary(h[1], h[2], "data")
	via := func(p Packet, port int) []output {
		return []output{{port, p.through(h[port].MAC, h[port].Gateway).Frame()}}
	}
	route := func(bits, port int) *p4v1.Entity {
		return routeEntry(prefixOf(h[2].Addr.Addr(), bits), port, h[port].MAC, h[port].Gateway)
	}
	defaultRoute := &p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true,
		Action: action(p4src.ActionForward, 3, h[3].MAC.bits(), h[3].Gateway.bits())}
	cases := []testCase{
		{
			name: "no route", needs: Routes,
			steps: []step{sendFrame{port: 1, frame: o.Frame()}},
		},
		{
			name: "the longest prefix wins", needs: Routes,
			entries: []*p4v1.Entity{route(24, 3), route(8, 4)},
			steps: []step{
				sendFrame{port: 1, frame: o.Frame(), want: via(o, 3)},
				writeEntries(inserts(route(32, 2))),
				sendFrame{port: 1, frame: o.Frame(), want: via(o, 2)},
				writeEntries(deletes(tableEntity(routeKey(prefixOf(h[2].Addr.Addr(), 32))))),
				sendFrame{port: 1, frame: o.Frame(), want: via(o, 3)},
				writeEntries(deletes(tableEntity(routeKey(prefixOf(h[2].Addr.Addr(), 24))))),
				sendFrame{port: 1, frame: o.Frame(), want: via(o, 4)},
			},
		},
		{
			name: "a route that drops", needs: Routes,
			entries: []*p4v1.Entity{route(8, 4), blackholeEntry(prefixOf(h[2].Addr.Addr(), 24))},
			steps:   []step{sendFrame{port: 1, frame: o.Frame()}},
		},
		{
			name: "the default entry can be a route", needs: Routes,
			steps: []step{
				writeEntries(modifies(tableEntity(defaultRoute))),
				sendFrame{port: 1, frame: o.Frame(), want: via(o, 3)},
			},
		},
		{
			name: "out of the ingress port", needs: Routes,
			entries: []*p4v1.Entity{route(32, 1)},
			steps:   []step{sendFrame{port: 1, frame: o.Frame(), want: via(o, 1)}},
		},
		{
			name: "an OUM packet without an entry for its group is routed", needs: Frames | Routes,
			entries: []*p4v1.Entity{h.groupRoute()},
			steps: []step{
				sendFrame{port: 1, frame: a.request(h[1], "op").Frame(), want: via(a.request(h[1], "op"), 4)},
			},
		},
	}
	for _, ttl := range []uint8{0, 1, 2, 255} {
		cases = append(cases, ttlCase(h, ttl))
	}
	for _, name := range []string{"DSCP and ECN", "no DF, another identification", "an 802.1Q tag"} {
		cases = append(cases, keptCase(h, name))
	}
	return cases
}

// ttlCase checks that packets with a TTL of at most 1 are dropped.
func ttlCase(h hosts, ttl uint8) testCase {
	a := h.groupA()
	p, o := a.request(h[1], "op"), ordinary(h[1], h[2], "data")
	p.TTL, o.TTL = ttl, ttl
	c := testCase{
		name: fmt.Sprintf("TTL %d", ttl), needs: Frames | Routes,
		entries: append(a.entries(5), routeEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway)),
	}
	if ttl <= 1 {
		c.steps = []step{sendFrame{port: 1, frame: p.Frame()}, sendFrame{port: 1, frame: o.Frame()}, h.firstNumber()}
		return c
	}
	c.steps = []step{
		sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, 1)},
		sendFrame{port: 1, frame: o.Frame(), want: []output{{2, o.through(h[2].MAC, h[2].Gateway).Frame()}}},
	}
	return c
}

// keptCase checks that a switch keeps other header fields of stamped packets, of ordinary packets, and of
// packets to the sequencer.
func keptCase(h hosts, name string) testCase {
	a, b := h.groupA(), h.groupB()
	packets := []Packet{a.request(h[1], "op"), b.request(h[1], "op"), ordinary(h[1], h[2], "data")}
	for i := range packets {
		switch name {
		case "DSCP and ECN":
			packets[i].TOS = 0b101110_11
		case "an 802.1Q tag":
			packets[i].VLAN = 0xB00A // priority 5, drop eligible, VLAN 10
		default:
			packets[i].ID, packets[i].DontFragment = 0xBEEF, false
		}
	}
	return testCase{
		name: name, needs: Frames | Routes | Fabric,
		entries: append(a.entries(5),
			toSequencerEntry(b.addr, 4, nextSwitch, uplink),
			routeEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway)),
		steps: []step{
			sendFrame{port: 1, frame: packets[0].Frame(), want: a.copies(packets[0], 5, 1)},
			sendFrame{port: 1, frame: packets[1].Frame(), want: []output{{4, packets[1].through(nextSwitch, uplink).Frame()}}},
			sendFrame{port: 1, frame: packets[2].Frame(), want: []output{{2, packets[2].through(h[2].MAC, h[2].Gateway).Frame()}}},
		},
	}
}
