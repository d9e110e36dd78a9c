package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// arp: the target answers for its gateway addresses, and for nobody else.
func arp(h hosts) []Case {
	broadcast := MAC{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	ask := ARP{
		EthDst: broadcast, EthSrc: h[1].MAC, Operation: 1,
		SenderMAC: h[1].MAC, SenderIP: h[1].Addr.Addr(), TargetIP: h[1].Router,
	}
	answer := ARP{
		EthDst: h[1].MAC, EthSrc: h[1].Gateway, Operation: 2,
		SenderMAC: h[1].Gateway, SenderIP: h[1].Router, TargetMAC: h[1].MAC, TargetIP: h[1].Addr.Addr(),
	}
	direct, forHost, reply, announce := ask, ask, ask, ask
	direct.EthDst, direct.TargetMAC = h[1].Gateway, h[1].Gateway // a host that renews what it knows
	forHost.TargetIP = h[2].Addr.Addr()
	reply.Operation = 2
	announce.TargetIP = announce.SenderIP
	taggedAsk, taggedAnswer := ask, answer
	taggedAsk.VLAN, taggedAnswer.VLAN = 10, 10
	gateway := GatewayEntry(h[1].Router, h[1].Gateway)

	silent := func(name string, frame []byte) Case {
		return Case{
			Name: name, Needs: Frames | Routes, Entries: []*p4v1.Entity{gateway},
			Steps: []Step{Send{Port: 1, Frame: frame}},
		}
	}
	answered := func(name string, q, r ARP) Case {
		return Case{
			Name: name, Needs: Frames | Routes, Entries: []*p4v1.Entity{gateway},
			Steps: []Step{Send{Port: 1, Frame: q.Frame(), Want: []Out{{1, r.Frame()}}}},
		}
	}
	return []Case{
		answered("ARP for the gateway is answered", ask, answer),
		answered("ARP for the gateway, to its MAC address", direct, answer),
		answered("ARP for the gateway, with an 802.1Q tag", taggedAsk, taggedAnswer),
		silent("ARP for another host", forHost.Frame()),
		silent("an ARP reply", reply.Frame()),
		silent("an ARP announcement", announce.Frame()),
		silent("ARP for another hardware type", Set(ask.Frame(), "arp.hardware_type", 6)),
		silent("ARP for another protocol", Set(ask.Frame(), "arp.protocol_type", 0x86DD)),
		silent("ARP with addresses of other lengths", Set(ask.Frame(), "arp.lengths", 0x0806)),
		silent("an ARP message that is cut off", ask.Frame()[:40]),
		{
			Name: "ARP for a gateway that is one no more", Needs: Frames | Routes, Entries: []*p4v1.Entity{gateway},
			Steps: []Step{
				Write(Delete(GatewayEntry(h[1].Router, h[1].Gateway))),
				Send{Port: 1, Frame: ask.Frame()},
			},
		},
	}
}
