package client

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"

	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config configures a Client. Group, Replicas, Auth, and Controllers or Sequencer must be set; FromFile sets them.
type Config struct {
	Group    uint32    // OUM group number, see oumlib.GroupNumber
	Replicas int       // in the group: 2f+1
	Auth     wire.Auth // the clients' key: wire.Keys.Client

	// Controllers are the gRPC addresses ("host:port") of the controllers, which announce the address of the group's
	// sequencer. DialOptions are for the connections to them; the default is plain text.
	Controllers []string
	DialOptions []grpc.DialOption
	// Sequencer is the address that requests go to until a controller has answered.
	Sequencer netip.AddrPort

	// Listen is the address ("host:port") that the client receives answers at and names to the replicas. The default
	// is a free port at this host's address on the route to the first controller, or else to the sequencer.
	Listen string

	MTU int // largest UDP payload in bytes that the path carries; default 1400
	limits.Client

	Logger *slog.Logger // nil: slog.Default()
}

func (c *Config) check() error {
	switch {
	case c.Group == 0:
		return fmt.Errorf("client: Group is 0, expected the number of the group's address")
	case c.Auth == wire.Auth{}:
		return fmt.Errorf("client: Auth is not set, expected the clients' key")
	case len(c.Controllers) == 0 && !c.Sequencer.IsValid():
		return fmt.Errorf("client: neither Controllers nor Sequencer is set, expected one of them")
	}
	return nil
}

// listen returns the address at which the client receives answers.
func (c *Config) listen() (string, error) {
	if c.Listen != "" {
		return c.Listen, nil
	}
	peer := c.Sequencer.String()
	if len(c.Controllers) > 0 {
		peer = c.Controllers[0]
	}
	conn, err := net.Dial("udp", peer) // looks up a route, sends nothing
	if err != nil {
		return "", fmt.Errorf("client: looking for the address of this host that leads to %s: %w", peer, err)
	}
	defer func() { _ = conn.Close() }() // nothing was written
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		return "", fmt.Errorf("client: the address of this host that leads to %s: %w", peer, err)
	}
	return net.JoinHostPort(host, "0"), nil
}

func (c *Config) core(replyTo netip.AddrPort, nonce func() wire.ClientID, seed uint64) clientcore.Config {
	return clientcore.Config{
		Replicas: c.Replicas, Auth: c.Auth, ReplyTo: replyTo, Nonce: nonce, Seed: seed,
		MTU: c.MTU, Client: c.Client,
	}
}

// sender returns the libOUM sender of the group with the configured route.
func (c *Config) sender(mtu int) *oumlib.Sender {
	s := oumlib.NewSender(c.Group, mtu)
	s.SetAddr(c.Sequencer)
	return s
}
