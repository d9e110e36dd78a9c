//go:build linux

package veth

import (
	"errors"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/lab/packettest"
)

// Bench is a namespace with the ports of a data plane.
type Bench struct {
	lab   *netlab.Lab
	plane *netlab.Node
	ports [packettest.Ports + 1]*port
}

// New makes a bench. The error wraps netlab.ErrNotSupported if the machine or the user does not support
// namespaces.
func New() (*Bench, error) {
	lab, err := netlab.New()
	if err != nil {
		return nil, err
	}
	b := &Bench{lab: lab}
	if err := b.wire(); err != nil {
		return nil, errors.Join(fmt.Errorf("bench: %w", err), b.Close())
	}
	return b, nil
}

func (b *Bench) wire() error {
	var err error
	if b.plane, err = b.lab.AddNode("plane"); err != nil {
		return err
	}
	hosts, err := b.lab.AddNode("hosts")
	if err != nil {
		return err
	}
	for p := 1; p <= packettest.Ports; p++ {
		h := packettest.DefaultHost(p)
		err := b.lab.Link(
			netlab.Port{Node: b.plane, Name: Interface(p), MAC: h.Gateway[:], Raw: true},
			netlab.Port{Node: hosts, Name: fmt.Sprintf("host%d", p), MAC: h.MAC[:], Raw: true})
		if err != nil {
			return err
		}
		if b.ports[p], err = openPort(hosts, fmt.Sprintf("host%d", p)); err != nil {
			return fmt.Errorf("port %d: %w", p, err)
		}
	}
	return nil
}

// Interface returns the name of the data plane's interface for a port.
func Interface(port int) string { return fmt.Sprintf("plane%d", port) }

// Node returns the node with the data plane's interfaces.
func (b *Bench) Node() *netlab.Node { return b.plane }

// Host returns the host at a port.
func (b *Bench) Host(port int) packettest.Host { return packettest.DefaultHost(port) }

// Inject sends a frame in at a port.
func (b *Bench) Inject(port int, frame []byte) error { return b.ports[port].send(frame) }

// Receive returns the next frame that comes out of a port, or an error after the deadline.
func (b *Bench) Receive(port int, deadline time.Time) ([]byte, error) {
	return b.ports[port].receive(deadline)
}

// Prepare returns the frame unchanged.
func (b *Bench) Prepare(frame []byte) []byte { return frame }

// Visible returns the frame unchanged.
func (b *Bench) Visible(frame []byte) []byte { return frame }

// Close ends the bench's processes and removes it.
func (b *Bench) Close() error {
	var failed []error
	for _, p := range b.ports {
		if p != nil {
			failed = append(failed, p.close())
		}
	}
	return errors.Join(append(failed, b.lab.Close())...)
}
