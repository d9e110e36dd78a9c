package bmv2

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	pollInterval = 20 * time.Millisecond
	pollTimeout  = time.Second
)

// Dial returns a connection to the switch's P4Runtime server. The caller must close it.
func (s *Switch) Dial() (*grpc.ClientConn, error) {
	network, address := dialAddress(s.config.P4Runtime)
	// The target name is arbitrary: gRPC would not pass on an address that contains a path.
	return grpc.NewClient("passthrough:///bmv2",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return s.config.Node.Dial(ctx, network, address)
		}))
}

// dialAddress returns the address to dial for a listen address: the loopback address for a server that
// listens at all addresses of the machine.
func dialAddress(listen string) (network, address string) {
	if path, ok := strings.CutPrefix(listen, "unix:"); ok {
		return "unix", path
	}
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip.IsUnspecified()) {
		return "tcp", net.JoinHostPort("127.0.0.1", port)
	}
	return "tcp", listen
}

// waitServing waits until the P4Runtime server answers.
func (s *Switch) waitServing(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		err := s.serving(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.Ended():
			return s.Err()
		case <-ctx.Done():
			return fmt.Errorf("bmv2: P4Runtime at %s does not answer: %w: %w", s.config.P4Runtime, context.Cause(ctx), err)
		case <-ticker.C:
		}
	}
}

// serving requests the server's capabilities. UNIMPLEMENTED counts as an answer: servers before
// P4Runtime 1.1 do not have the RPC.
func (s *Switch) serving(ctx context.Context) error {
	conn, err := s.Dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	_, err = p4v1.NewP4RuntimeClient(conn).Capabilities(ctx, &p4v1.CapabilitiesRequest{})
	if status.Code(err) == codes.Unimplemented {
		return nil
	}
	return err
}
