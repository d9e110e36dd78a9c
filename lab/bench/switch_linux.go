package bench

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"strings"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/lab/testbed"
)

// switchPresent returns an error if this machine cannot run a group behind a BMv2 switch.
func switchPresent() error {
	if err := netlab.Supported(); err != nil {
		return err
	}
	_, err := bmv2.Find()
	return err
}

// bed makes a testbed a place: every role has a host at one switch.
type bed struct {
	*testbed.Bed
	ports map[string]uint16 // used so far, by host
}

// host returns the host of a role. Clients share one.
func (b bed) host(role string) string {
	if strings.HasPrefix(role, kindClient) {
		return testbed.Client
	}
	return role
}

// Address returns an unused address of the role's host.
func (b bed) Address(role string) (netip.AddrPort, error) {
	h, ok := b.Plan.Host(b.host(role))
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("testbed: no host for %s", role)
	}
	b.ports[h.Name]++
	return netip.AddrPortFrom(h.Address, firstHubPort+b.ports[h.Name]), nil
}

// Start starts a process on the role's host.
func (b bed) Start(role string, cmd *exec.Cmd) error { return b.Bed.Start(b.host(role), cmd) }

// castBMv2 starts a group behind a BMv2 switch that sequences, in a separate network.
func castBMv2(c *cast) error {
	plan, err := testbed.NewPlan(testbed.Config{Topology: testbed.Single, Switch: cluster.KindBMv2, Replicas: c.n, FrontEnds: 1})
	if err != nil {
		return err
	}
	built, err := testbed.Build(plan)
	if err != nil {
		return err
	}
	c.place = bed{built, make(map[string]uint16)}
	c.started.closers = append(c.started.closers, c.place.Close)
	switches, err := built.StartSwitches(context.Background(), c.dir)
	if err != nil {
		return err
	}
	c.started.closers = append(c.started.closers, func() error {
		switches.Stop()
		return nil
	})
	if err := c.useCluster(plan.Cluster); err != nil {
		return err
	}
	p, err := spawn(c.place, plan.Controller, kindController, c.dir, nil, c.cfg.Nopaxos, "controller", "--cluster", c.spec.Cluster)
	if err != nil {
		return err
	}
	c.started.add(p)
	c.spec.System = role.SystemNOPaxos
	for _, r := range plan.Cluster.Groups[0].Replicas {
		c.spec.Replicas = append(c.spec.Replicas, role.Address{UDP: r.Address, TCP: r.Bulk})
	}
	return c.startServers()
}
