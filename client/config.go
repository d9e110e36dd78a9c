package client

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Config is what a Client is told at its start. Either Controllers or Sequencer is needed, or Courier.
type Config struct {
	Group    uint32    // OUM group number, see oumlib.GroupNumber
	Replicas int       // in the group: 2f+1
	Auth     wire.Auth // the clients' key: wire.Keys.Client

	// Controllers are the controllers' gRPC addresses ("host:port"), which tell where the group's
	// sequencer is; DialOptions are for the connections to them, in plain text by default.
	Controllers []string
	DialOptions []grpc.DialOption
	// Sequencer is where requests go until a controller has answered.
	Sequencer netip.AddrPort

	// Courier takes requests to the replicas, in place of OUM: Group, Controllers and Sequencer do not
	// count then, and Listen is needed. Rule says when a request is complete. Together they make this
	// the client of another system, see package baseline.
	Courier Courier
	Rule    Rule

	// Listen is the address ("host:port") at which answers are received and which requests name
	// to the replicas. Empty: the address of this host that leads to the first controller, or to
	// the sequencer, and a port that is free.
	Listen string

	// See CoreConfig for these and their defaults.
	MTU         int
	Window      int
	MaxWaiting  int
	MinTimeout  time.Duration
	MaxTimeout  time.Duration
	MaxPushback time.Duration

	Logger *slog.Logger // nil: slog.Default()
}

func (c *Config) check() error {
	switch {
	case c.Courier != nil && (c.Listen == "" || len(c.Controllers) > 0):
		return fmt.Errorf("client: Courier is set, expected Listen to be set too, and no Controllers")
	case c.Courier == nil && c.Group == 0:
		return fmt.Errorf("client: Group is 0, expected the number of the group's address")
	case c.Auth == wire.Auth{}:
		return fmt.Errorf("client: Auth is not set, expected the clients' key")
	case c.Courier == nil && len(c.Controllers) == 0 && !c.Sequencer.IsValid():
		return fmt.Errorf("client: neither Controllers nor Sequencer is set, expected one of them")
	}
	return nil
}

// listen returns the address to receive answers at.
func (c *Config) listen() (string, error) {
	if c.Listen != "" {
		return c.Listen, nil
	}
	peer := c.Sequencer.String()
	if len(c.Controllers) > 0 {
		peer = c.Controllers[0]
	}
	conn, err := net.Dial("udp", peer) // sends nothing, but asks for a route
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

func (c *Config) core(replyTo netip.AddrPort, nonce func() wire.ClientID, seed uint64) CoreConfig {
	return CoreConfig{
		Replicas: c.Replicas, Auth: c.Auth, ReplyTo: replyTo, Nonce: nonce, Seed: seed,
		Rule: c.Rule,
		MTU:  c.MTU, Window: c.Window, MaxWaiting: c.MaxWaiting,
		MinTimeout: c.MinTimeout, MaxTimeout: c.MaxTimeout, MaxPushback: c.MaxPushback,
	}
}

// sender returns the libOUM sender of the group, which knows the static route.
func (c *Config) sender(mtu int) *oumlib.Sender {
	s := oumlib.NewSender(c.Group, mtu)
	s.SetAddr(c.Sequencer)
	return s
}
