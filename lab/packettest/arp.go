package packettest

import (
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// arp checks that the target answers ARP requests for its gateway addresses only.
func arp(h hosts) []testCase {
	broadcast := MAC{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
	ask := arpMessage{
		ethDst: broadcast, ethSrc: h[1].MAC, operation: 1,
		senderMAC: h[1].MAC, senderIP: h[1].Addr.Addr(), targetIP: h[1].Router,
	}
	answer := arpMessage{
		ethDst: h[1].MAC, ethSrc: h[1].Gateway, operation: 2,
		senderMAC: h[1].Gateway, senderIP: h[1].Router, targetMAC: h[1].MAC, targetIP: h[1].Addr.Addr(),
	}
	direct, forHost, reply, announce := ask, ask, ask, ask
	direct.ethDst, direct.targetMAC = h[1].Gateway, h[1].Gateway // a host renews its ARP entry
	forHost.targetIP = h[2].Addr.Addr()
	reply.operation = 2
	announce.targetIP = announce.senderIP
	taggedAsk, taggedAnswer := ask, answer
	taggedAsk.vlan, taggedAnswer.vlan = 10, 10
	gateway := gatewayEntry(h[1].Router, h[1].Gateway)

	silent := func(name string, frame []byte) testCase {
		return testCase{
			name: name, needs: Frames | Routes, entries: []*p4v1.Entity{gateway},
			steps: []step{sendFrame{port: 1, frame: frame}},
		}
	}
	answered := func(name string, q, r arpMessage) testCase {
		return testCase{
			name: name, needs: Frames | Routes, entries: []*p4v1.Entity{gateway},
			steps: []step{sendFrame{port: 1, frame: q.frame(), want: []output{{1, r.frame()}}}},
		}
	}
	return []testCase{
		answered("ARP for the gateway is answered", ask, answer),
		answered("ARP for the gateway, to its MAC address", direct, answer),
		answered("ARP for the gateway, with an 802.1Q tag", taggedAsk, taggedAnswer),
		silent("ARP for another host", forHost.frame()),
		silent("an ARP reply", reply.frame()),
		silent("an ARP announcement", announce.frame()),
		silent("ARP for another hardware type", setField(ask.frame(), "arp.hardware_type", 6)),
		silent("ARP for another protocol", setField(ask.frame(), "arp.protocol_type", 0x86DD)),
		silent("ARP with addresses of other lengths", setField(ask.frame(), "arp.lengths", 0x0806)),
		silent("a truncated ARP message", ask.frame()[:40]),
		{
			name: "ARP for a removed gateway", needs: Frames | Routes, entries: []*p4v1.Entity{gateway},
			steps: []step{
				writeEntries(deletes(gatewayEntry(h[1].Router, h[1].Gateway))),
				sendFrame{port: 1, frame: ask.frame()},
			},
		},
	}
}
