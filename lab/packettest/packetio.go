package packettest

import "github.com/netordered/nopaxos/p4src"

// packetIO: the way between controller and data plane. In every other case, too, nothing that goes in
// at a port may reach the controller, probes of links apart.
func packetIO(h hosts) []Case {
	a := h.groupA()
	probe := []byte("a probe, which is no frame")
	stamp := a.request(h[1], "op").Stamped(5, 1, a.token(5))
	return []Case{
		{
			Name: "a packet-out to the CPU port comes back",
			Steps: []Step{
				PacketOut{Port: p4src.CPUPort, Payload: probe, WantIn: []PacketIn{{p4src.CPUPort, probe}}},
				PacketOut{Port: p4src.CPUPort, Payload: stamp.Frame(), WantIn: []PacketIn{{p4src.CPUPort, stamp.Frame()}}},
			},
		},
		{
			Name: "a packet-out leaves as it is", Needs: Frames, Entries: a.entries(5),
			Steps: []Step{
				PacketOut{Port: 3, Payload: stamp.Frame(), Want: []Out{{3, stamp.Frame()}}},
				PacketOut{Port: 2, Payload: a.request(h[1], "op").Frame(), Want: []Out{{2, a.request(h[1], "op").Frame()}}},
				h.firstNumber(),
			},
		},
	}
}
