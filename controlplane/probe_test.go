package controlplane

import (
	"maps"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/probe"
)

// A host that sends to an address of probes reaches neither the controller nor another switch.
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
					p.dst = fabric.ProbeAddr(i, end)
					if got, err := walker.fromHost(&topo.Hosts[h], p); err != nil || len(got)+len(walker.punted) > 0 {
						t.Fatalf("%+v from %s reaches hosts %v and from %v the controller, %v", p, topo.Hosts[h].Name, got, walker.punted, err)
					}
				}
			}
		}
	}
}

// A switch may hand over any packets, any number of times: the loop receives one probe for each port and round, and
// nothing else.
func TestPacketsInAreRationed(t *testing.T) {
	c := probedController(t)
	tg := c.targets[0]
	received := 0
	in := func(key probe.Key, from fabric.Port, back uint16, round uint64) {
		c.packetIn(t.Context(), tg, back, probe.Frame(key, c.cfg.Topology, from, round))
		for len(c.inputs) > 0 {
			<-c.inputs
			received++
		}
	}
	const flood = 1000
	from := portAt(tg.sw, 1)
	for range flood {
		in(c.probeKey, from, 1, 5)
		in(c.probeKey, from, 1, 4)
		in(c.probeKey, from, 2, 6)
		in(c.probeKey, portAt(tg.sw+1, 1), 1, 6)
		in(probe.NewKey(), from, 1, 6)
	}
	in(c.probeKey, from, 1, 6)
	in(c.probeKey, portAt(tg.sw, 2), 2, 6)
	if received != 3 {
		t.Errorf("the loop received %d probes, want 3", received)
	}
	want := map[string]float64{probe.RefusedForged: flood, probe.RefusedElsewhere: 2 * flood, probe.RefusedRepeated: 2*flood - 1}
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

// probedController is a controller of probed switches that does not run.
func probedController(t *testing.T) *Controller {
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
	return c
}
