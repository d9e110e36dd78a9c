package packettest

import (
	"fmt"
	"net/netip"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

func prefixOf(a netip.Addr, bits int) netip.Prefix { return netip.PrefixFrom(a, bits) }

// routing: ordinary IPv4 traffic, and what of the headers a packet keeps on its way.
func routing(h hosts) []Case {
	a := h.groupA()
	o := ordinary(h[1], h[2], "data")
	via := func(p Packet, port int) []Out {
		return []Out{{port, p.Through(h[port].MAC, h[port].Gateway).Frame()}}
	}
	route := func(bits, port int) *p4v1.Entity {
		return RouteEntry(prefixOf(h[2].Addr.Addr(), bits), port, h[port].MAC, h[port].Gateway)
	}
	defaultRoute := &p4v1.TableEntry{TableId: p4src.TableIPv4LPM, IsDefaultAction: true,
		Action: action(p4src.ActionForward, 3, h[3].MAC.Uint64(), h[3].Gateway.Uint64())}
	cases := []Case{
		{
			Name: "no route", Needs: Routes,
			Steps: []Step{Send{Port: 1, Frame: o.Frame()}},
		},
		{
			Name: "the longest prefix wins", Needs: Routes,
			Entries: []*p4v1.Entity{route(24, 3), route(8, 4)},
			Steps: []Step{
				Send{Port: 1, Frame: o.Frame(), Want: via(o, 3)},
				Write(Insert(route(32, 2))),
				Send{Port: 1, Frame: o.Frame(), Want: via(o, 2)},
				Write(Delete(tableEntity(routeKey(prefixOf(h[2].Addr.Addr(), 32))))),
				Send{Port: 1, Frame: o.Frame(), Want: via(o, 3)},
				Write(Delete(tableEntity(routeKey(prefixOf(h[2].Addr.Addr(), 24))))),
				Send{Port: 1, Frame: o.Frame(), Want: via(o, 4)},
			},
		},
		{
			Name: "a route to nowhere", Needs: Routes,
			Entries: []*p4v1.Entity{route(8, 4), BlackholeEntry(prefixOf(h[2].Addr.Addr(), 24))},
			Steps:   []Step{Send{Port: 1, Frame: o.Frame()}},
		},
		{
			Name: "the default entry can be a route", Needs: Routes,
			Steps: []Step{
				Write(Modify(tableEntity(defaultRoute))),
				Send{Port: 1, Frame: o.Frame(), Want: via(o, 3)},
			},
		},
		{
			Name: "back out of the port it came in", Needs: Routes,
			Entries: []*p4v1.Entity{route(32, 1)},
			Steps:   []Step{Send{Port: 1, Frame: o.Frame(), Want: via(o, 1)}},
		},
		{
			Name: "an OUM packet without an entry for its group is routed", Needs: Frames | Routes,
			Entries: []*p4v1.Entity{h.groupRoute()},
			Steps: []Step{
				Send{Port: 1, Frame: a.request(h[1], "op").Frame(), Want: via(a.request(h[1], "op"), 4)},
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

// ttlCase: who has one hop left has none.
func ttlCase(h hosts, ttl uint8) Case {
	a := h.groupA()
	p, o := a.request(h[1], "op"), ordinary(h[1], h[2], "data")
	p.TTL, o.TTL = ttl, ttl
	c := Case{
		Name: fmt.Sprintf("TTL %d", ttl), Needs: Frames | Routes,
		Entries: append(a.entries(5), RouteEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway)),
	}
	if ttl <= 1 {
		c.Steps = []Step{Send{Port: 1, Frame: p.Frame()}, Send{Port: 1, Frame: o.Frame()}, h.firstNumber()}
		return c
	}
	c.Steps = []Step{
		Send{Port: 1, Frame: p.Frame(), Want: a.copies(p, 5, 1)},
		Send{Port: 1, Frame: o.Frame(), Want: []Out{{2, o.Through(h[2].MAC, h[2].Gateway).Frame()}}},
	}
	return c
}

// keptCase: what is not the switch's to change, it keeps: on a stamped packet, an ordinary one, and on
// the way to the sequencer.
func keptCase(h hosts, name string) Case {
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
	return Case{
		Name: name, Needs: Frames | Routes | Fabric,
		Entries: append(a.entries(5),
			ToSequencerEntry(b.addr, 4, nextSwitch, uplink),
			RouteEntry(hostRoute(h[2]), 2, h[2].MAC, h[2].Gateway)),
		Steps: []Step{
			Send{Port: 1, Frame: packets[0].Frame(), Want: a.copies(packets[0], 5, 1)},
			Send{Port: 1, Frame: packets[1].Frame(), Want: []Out{{4, packets[1].Through(nextSwitch, uplink).Frame()}}},
			Send{Port: 1, Frame: packets[2].Frame(), Want: []Out{{2, packets[2].Through(h[2].MAC, h[2].Gateway).Frame()}}},
		},
	}
}
