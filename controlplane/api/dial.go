package api

import (
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// Pauses between two attempts to reach a controller: short at first, since a controller restarts quickly.
const (
	minRetry = 10 * time.Millisecond
	maxRetry = time.Second
)

// dial returns a connection to a controller, in plain text unless opts say otherwise. It connects with the first call.
func dial(endpoint string, opts []grpc.DialOption) (*grpc.ClientConn, error) {
	all := append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: minRetry, Multiplier: 2, Jitter: 0.2, MaxDelay: maxRetry},
			MinConnectTimeout: maxRetry,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second}),
	}, opts...)
	conn, err := grpc.NewClient("passthrough:///"+endpoint, all...)
	if err != nil {
		return nil, fmt.Errorf("api: controller %s: %w", endpoint, err)
	}
	return conn, nil
}
