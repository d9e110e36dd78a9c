package packettest

import "github.com/netordered/nopaxos/p4src"

// packetIO checks packet-outs and packet-ins. All other cases, except those of link probes, check that no
// packet reaches the controller.
func packetIO(h hosts) []testCase {
	a := h.groupA()
	probe := []byte("a probe, which is no frame")
	stamp := a.request(h[1], "op").stamped(5, 1, a.token(5))
	return []testCase{
		{
			name: "a packet-out to the CPU port returns",
			steps: []step{
				sendPacketOut{port: p4src.CPUPort, payload: probe, wantIn: []packetIn{{p4src.CPUPort, probe}}},
				sendPacketOut{port: p4src.CPUPort, payload: stamp.Frame(), wantIn: []packetIn{{p4src.CPUPort, stamp.Frame()}}},
			},
		},
		{
			name: "a packet-out leaves unchanged", needs: Frames, entries: a.entries(5),
			steps: []step{
				sendPacketOut{port: 3, payload: stamp.Frame(), want: []output{{3, stamp.Frame()}}},
				sendPacketOut{port: 2, payload: a.request(h[1], "op").Frame(), want: []output{{2, a.request(h[1], "op").Frame()}}},
				h.firstNumber(),
			},
		},
	}
}
