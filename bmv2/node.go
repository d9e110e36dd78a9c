package bmv2

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"sync"

	"github.com/netordered/nopaxos/internal/process"
)

// Node is a network that a switch runs in, such as a node of lab/netlab.
type Node interface {
	// Start starts a process on the node. The process dies with this one.
	Start(*exec.Cmd) error
	// Do runs f in the node's network.
	Do(f func() error) error
	// Dial connects from the node.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// local is the network of this process.
type local struct{}

// spawner starts the switches of this process, which die with its thread.
var spawner = sync.OnceValue(process.NewThread)

func (local) Start(cmd *exec.Cmd) error { return spawner().Do(cmd.Start) }

func (local) Do(f func() error) error { return f() }

func (local) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// ErrNoInterface reports that a port's interface does not exist.
var ErrNoInterface = errors.New("there is no such network interface")

// checkInterfaces checks that the interfaces exist. The switch itself only logs a missing one and runs
// without it.
func checkInterfaces(n Node, ports []Port) error {
	return n.Do(func() error {
		for _, p := range ports {
			if _, err := net.InterfaceByName(p.Interface); err != nil {
				return fmt.Errorf("bmv2: port %d: interface %s: %w, expected one that exists and is up", p.Number, p.Interface, ErrNoInterface)
			}
		}
		return nil
	})
}
