package devcluster

import (
	"context"
	"net"
	"net/netip"
	"os/exec"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/process"
)

// Hosts runs the roles in networks that this process is not part of.
type Hosts interface {
	// File returns the cluster file without its path and key files. It has at least one front-end.
	File() *cluster.File
	// Start starts a role, like "replica-0", on its host.
	Start(role string, cmd *exec.Cmd) error
	// Dial connects to an address from the host that has it.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// loopback runs all roles on this machine's loopback interface.
type loopback struct {
	*process.Loopback
	file *cluster.File
}

// newLoopback assigns free ports to the roles of a cluster. Its datagrams have the default length, so that it takes
// the commands that a deployment takes, though the loopback interface carries longer ones.
func newLoopback(c Config) (*loopback, error) {
	h := &loopback{Loopback: process.NewLoopback()}
	l := Layout{
		Name: "dev", Timing: LocalTiming,
		Replicas: c.Replicas, Sequencers: c.Sequencers, FrontEnds: 1,
	}
	l.Address = func(role string, s Service) (netip.AddrPort, error) {
		if s == RESP {
			return c.RESP, nil
		}
		a, err := h.Address(role)
		for err == nil && a.Port() == c.RESP.Port() {
			a, err = h.Address(role)
		}
		return a, err
	}
	var err error
	if h.file, err = l.File(); err != nil {
		_ = h.Close() // closing a thread does not fail
		return nil, err
	}
	return h, nil
}

func (h *loopback) File() *cluster.File { return h.file }

func (h *loopback) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}
