//go:build linux

package testbed

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/netlab"
)

func everyPlan() []Config {
	var all []Config
	for _, kind := range []string{cluster.KindUDP, cluster.KindBMv2} {
		all = append(all, Config{Topology: Single, Switch: kind, Replicas: 3, Sequencers: 2, FrontEnds: 2})
		for _, k := range []int{2, 4} {
			all = append(all, Config{Topology: fatTree, K: k, Switch: kind, Replicas: 5, Sequencers: 2, FrontEnds: 1})
		}
	}
	return all
}

func (c Config) String() string { return fmt.Sprintf("%s, k=%d, %s", c.Topology, c.K, c.Switch) }

// Roles accept the cluster file of every plan.
func TestPlansAreClusterFiles(t *testing.T) {
	for _, c := range everyPlan() {
		t.Run(c.String(), func(t *testing.T) {
			p, err := NewPlan(c)
			if err != nil {
				t.Fatal(err)
			}
			f := *p.Cluster
			f.KeyFile = "cluster.key"
			text, err := f.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cluster.Parse("cluster.yaml", text); err != nil {
				t.Errorf("%v in\n%s", err, text)
			}
		})
	}
}

// The fat-tree has the switches and links of its definition, and as many paths between pods as core switches.
func TestFatTree(t *testing.T) {
	for _, c := range []struct{ k, switches, links, ways int }{{2, 6, 6, 1}, {4, 20, 32, 2}} {
		p, err := NewPlan(Config{Topology: fatTree, K: c.k, Switch: cluster.KindBMv2, Replicas: 3, FrontEnds: 1})
		if err != nil {
			t.Fatal(err)
		}
		if n, m := len(p.Topology.Switches), len(p.Topology.Links); n != c.switches || m != c.links {
			t.Errorf("k=%d: %d switches and %d links, expected %d and %d", c.k, n, m, c.switches, c.links)
		}
		if ways := p.nextHops("e0-0", "e1-0"); len(ways) != c.ways {
			t.Errorf("k=%d: next hops to another pod are %v, expected %d", c.k, ways, c.ways)
		}
		if d := p.distances("e0-0")["e1-0"]; d != 4 {
			t.Errorf("k=%d: %d links between edge switches of two pods, expected 4", c.k, d)
		}
		if len(p.Cluster.Sequencers) < 2 {
			t.Errorf("k=%d: sequencers %v, expected a standby", c.k, p.Cluster.Sequencers)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Topology: "ring"}, `topology is "ring", expected single or fat-tree`},
		{Config{Topology: fatTree, K: 3}, "k is 3, expected 2 or 4"},
		{Config{Topology: Single, Switch: "hub"}, `switch is "hub", expected udp or bmv2`},
		{Config{Topology: Single, Switch: "bmv2", Replicas: 4}, "replicas is 4, expected an odd number from 1 to 9"},
		{Config{Topology: Single, Switch: "udp", Replicas: 3}, "sequencers is 0, expected 1 to 9"},
		{Config{Topology: Single, Switch: "bmv2", Replicas: 3}, "front-ends is 0, expected 1 to 9"},
	} {
		if _, err := NewPlan(c.config); err == nil || err.Error() != c.want {
			t.Errorf("got %v, expected %s", err, c.want)
		}
	}
}

// Every host of a routed testbed reaches every other.
func TestRoutedHostsReachEachOther(t *testing.T) {
	for _, c := range everyPlan() {
		if c.Switch != cluster.KindUDP {
			continue
		}
		t.Run(c.String(), func(t *testing.T) {
			p, err := NewPlan(c)
			if err != nil {
				t.Fatal(err)
			}
			bed, err := Build(p)
			if errors.Is(err, netlab.ErrNotSupported) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := bed.Close(); err != nil {
					t.Error(err)
				}
			}()
			for _, to := range p.Topology.Hosts {
				accept(t, bed, to)
				for _, from := range p.Topology.Hosts {
					address := netip.AddrPortFrom(to.Address, 9000).String()
					conn, err := bed.Node(from.Name).Dial(t.Context(), "tcp", address)
					if err != nil {
						t.Fatalf("from %s to %s: %v", from.Name, to.Name, err)
					}
					conn.Close()
				}
			}
		})
	}
}

// accept makes a host accept connections on port 9000 until the test ends.
func accept(t *testing.T, bed *Bed, h cluster.Host) {
	t.Helper()
	var listener net.Listener
	err := bed.Node(h.Name).Do(func() (err error) {
		listener, err = net.Listen("tcp4", netip.AddrPortFrom(h.Address, 9000).String())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
}
