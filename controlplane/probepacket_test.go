package controlplane

import (
	"maps"
	"slices"
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
)

func TestProbePacket(t *testing.T) {
	from := Port{3, 400}
	key := newProbeKey()
	frame := probeFrame(key, probeAddr(9, 1), from, 7, 0x020000000001, 0x020000000002)
	if headerChecksum(frame[etherLen:etherLen+ipv4Len]) != 0 {
		t.Error("the IPv4 checksum is wrong")
	}
	if h, _, err := oumlib.ParseHeader(frame[etherLen+ipv4Len+udpLen:]); err != nil || !h.Sequenced() {
		t.Errorf("the header is %v, %v, want one that looks stamped", h, err)
	}
	padded := append(slices.Clone(frame), 0, 0)
	if got, round, ok := parseProbe(padded, key); !ok || got != from || round != 7 {
		t.Errorf("parsed %+v, %d, %v, want %+v in round 7", got, round, ok, from)
	}
	if _, _, ok := parseProbe(frame, newProbeKey()); ok {
		t.Error("a probe of another controller's life counts")
	}
	for n := range frame {
		if _, _, ok := parseProbe(frame[:n], key); ok {
			t.Errorf("%d bytes of %d are a probe", n, len(frame))
		}
	}
	for i := etherLen + ipv4Len + udpLen; i < len(frame); i++ {
		forged := slices.Clone(frame)
		forged[i] ^= 1
		if _, _, ok := parseProbe(forged, key); ok {
			t.Errorf("a probe counts although byte %d was changed on the way", i)
		}
	}
}

// No host gets a packet to the controller, nor to a switch that is not its own, by sending to an address of probes.
func TestHostsReachNoController(t *testing.T) {
	topo := fatTree(4)
	topo.Probe = probeInterval
	w := newFabricWorld(t, testRNG(), topo, 1, groupA)
	w.up()
	walker := w.walker()
	for h := range topo.Hosts {
		for i := range topo.Links {
			for end := range 2 {
				for _, p := range []packet{{}, {oum: true}, {oum: true, stamped: true}} {
					p.dst = probeAddr(i, end)
					if got, err := walker.fromHost(&topo.Hosts[h], p); err != nil || len(got)+len(walker.punted) > 0 {
						t.Fatalf("%+v from %s comes to hosts %v and from %v to the controller, %v", p, topo.Hosts[h].Name, got, walker.punted, err)
					}
				}
			}
		}
	}
}

// However often a switch hands over whatever, the loop hears of one probe for each port and round, and nothing else.
func TestPacketsInAreRationed(t *testing.T) {
	c, l := probedController(t)
	from := Port{Switch: c.core.switchOfTarget(l.number), Number: 1}
	told := 0
	in := func(key []byte, from Port, back uint16, round uint64) {
		c.packetIn(t.Context(), l, &p4v1.PacketIn{
			Payload:  probeFrame(key, probeAddr(0, 0), from, round, 1, 2),
			Metadata: []*p4v1.PacketMetadata{{MetadataId: p4src.MetadataPacketInIngressPort, Value: p4src.FormatBits(uint64(back))}},
		})
		for len(c.inputs) > 0 {
			<-c.inputs
			told++
		}
	}
	const flood = 1000
	for range flood {
		in(c.probeKey, from, from.Number, 5)
		in(c.probeKey, from, from.Number, 4)
		in(c.probeKey, from, 2, 6)
		in(c.probeKey, Port{from.Switch + 1, 1}, from.Number, 6)
		in(newProbeKey(), from, from.Number, 6)
	}
	in(c.probeKey, from, from.Number, 6)
	in(c.probeKey, Port{from.Switch, 2}, 2, 6)
	if told != 3 {
		t.Errorf("the loop is told %d times, want 3", told)
	}
	want := map[string]float64{refusedForged: flood, refusedElsewhere: 2 * flood, refusedRepeated: 2*flood - 1}
	if got := packetsRefused(t, c); !maps.Equal(got, want) {
		t.Errorf("refused packets are counted as %v, want %v", got, want)
	}
}

// packetsRefused returns how many packets the controller has refused, by reason.
func packetsRefused(t *testing.T, c *Controller) map[string]float64 {
	t.Helper()
	r := prometheus.NewRegistry()
	r.MustRegister(c.metrics.packetsRefused)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "reason" {
				got[l.GetValue()] += m.GetCounter().GetValue()
			}
		}
	}
	return got
}

// probedController is a controller of probed switches that does not run, and its link to the first of them.
func probedController(t *testing.T) (*Controller, *targetLink) {
	t.Helper()
	f := newFabricCluster(t, func(t *testing.T) testSwitch { return startSequencer(t, 1) })
	f.cfg.Topology.Probe = probeInterval
	c, err := New(f.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, c.targets[0]
}
