//go:build linux

package testbed

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/cluster"
)

// Switches are the BMv2 processes of a testbed.
type Switches struct {
	running map[string]*bmv2.Switch
	logs    []io.Closer
}

// StartSwitches starts every switch on its node and returns when all P4Runtime servers answer.
func (b *Bed) StartSwitches(ctx context.Context, dir string) (*Switches, error) {
	s := &Switches{running: make(map[string]*bmv2.Switch)}
	group, ctx := errgroup.WithContext(ctx)
	started := make([]*bmv2.Switch, len(b.Plan.Topology.Switches))
	for i, sw := range b.Plan.Topology.Switches {
		log, err := os.Create(filepath.Join(dir, sw.Name+".log"))
		if err != nil {
			return nil, fmt.Errorf("log of switch %s: %w", sw.Name, err)
		}
		s.logs = append(s.logs, log)
		group.Go(func() (err error) {
			started[i], err = bmv2.Start(ctx, bmv2.Config{
				DeviceID: sw.DeviceID, P4Runtime: sw.P4Runtime.String(), Ports: b.ports(sw.Name),
				Node: b.nodes[sw.Name], Output: log,
			})
			return err
		})
	}
	err := group.Wait()
	for i, sw := range b.Plan.Topology.Switches {
		if started[i] != nil {
			s.running[sw.Name] = started[i]
		}
	}
	if err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// ports returns the interfaces of a switch.
func (b *Bed) ports(name string) []bmv2.Port {
	var ports []bmv2.Port
	add := func(p cluster.Port) {
		if p.Switch == name {
			ports = append(ports, bmv2.Port{Number: p.Port, Interface: switchPort(p)})
		}
	}
	for _, l := range b.Plan.Topology.Links {
		add(l.A)
		add(l.B)
	}
	for _, h := range b.Plan.Topology.Hosts {
		add(h.Port)
	}
	return ports
}

// kill ends a switch as a power cut would: its ports lose their carrier, too.
func (s *Switches) kill(b *Bed, name string) error {
	sw, ok := s.running[name]
	if !ok {
		return fmt.Errorf("no switch %q runs in this testbed", name)
	}
	if err := syscall.Kill(sw.PID(), syscall.SIGKILL); err != nil {
		return fmt.Errorf("switch %s: %w", name, err)
	}
	<-sw.Ended()
	for _, p := range b.ports(name) {
		if err := b.nodes[name].Port(p.Interface).Down(); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends all switches.
func (s *Switches) Stop() {
	for _, sw := range s.running {
		sw.Stop()
	}
	for _, log := range s.logs {
		_ = log.Close() // writes are not buffered
	}
}
