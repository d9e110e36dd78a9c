package devcluster

import (
	"context"
	"net"
	"os/exec"

	"github.com/netordered/nopaxos/cluster"
)

// hosts is where a cluster's roles run: this machine's loopback interface or what the configuration has.
type hosts interface {
	layout(c Config) (*cluster.File, error)
	start(role string, cmd *exec.Cmd) error
	dial(ctx context.Context, network, address string) (net.Conn, error)
	close()
}

func newHosts(c Config) hosts {
	if c.Hosts != nil {
		return elsewhere{c.Hosts}
	}
	return loopback{newSpawner()}
}

// loopback is this machine.
type loopback struct{ spawner *spawner }

func (loopback) layout(c Config) (*cluster.File, error) { return layout(c) }
func (l loopback) start(_ string, cmd *exec.Cmd) error  { return l.spawner.start(cmd) }
func (l loopback) close()                               { l.spawner.close() }
func (loopback) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// elsewhere is the configuration's Hosts.
type elsewhere struct{ Hosts }

// layout puts the cluster's files into its directory.
func (e elsewhere) layout(c Config) (*cluster.File, error) {
	f := *e.File()
	f.Path = clusterPath(c)
	f.KeyFile, f.ClientKeyFile = keyFile, clientKeyFile
	return &f, nil
}

func (e elsewhere) start(role string, cmd *exec.Cmd) error { return e.Start(role, cmd) }
func (e elsewhere) close()                                 {}
func (e elsewhere) dial(ctx context.Context, network, address string) (net.Conn, error) {
	return e.Dial(ctx, network, address)
}
