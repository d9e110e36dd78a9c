package probe

import (
	"slices"
	"testing"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/oumlib"
)

func TestProbePacket(t *testing.T) {
	from := fabric.Port{Switch: 1, Number: 400}
	topo := &fabric.Topology{
		Switches: []fabric.Switch{{MAC: 0x020000000001}, {MAC: 0x020000000002}},
		Links:    []fabric.Link{{A: fabric.Port{Number: 1}, B: from}},
	}
	key := NewKey()
	frame := Frame(key, topo, from, 7)
	if headerChecksum(frame[etherLen:etherLen+ipv4Len]) != 0 {
		t.Error("the IPv4 checksum is wrong")
	}
	if h, _, err := oumlib.ParseHeader(frame[etherLen+ipv4Len+udpLen:]); err != nil || !h.Sequenced() || h.Group != fabric.ProbeAddr(0, 1) {
		t.Errorf("the header is %v, %v, want one that looks stamped", h, err)
	}
	padded := append(slices.Clone(frame), 0, 0)
	if got, round, ok := parse(padded, key); !ok || got != from || round != 7 {
		t.Errorf("parsed %+v, %d, %v, want %+v in round 7", got, round, ok, from)
	}
	if _, _, ok := parse(frame, NewKey()); ok {
		t.Error("a probe of another controller's life counts")
	}
	for n := range frame {
		if _, _, ok := parse(frame[:n], key); ok {
			t.Errorf("%d bytes of %d are a probe", n, len(frame))
		}
	}
	for i := etherLen + ipv4Len + udpLen; i < len(frame); i++ {
		forged := slices.Clone(frame)
		forged[i] ^= 1
		if _, _, ok := parse(forged, key); ok {
			t.Errorf("a probe counts although byte %d was changed on the way", i)
		}
	}
}
