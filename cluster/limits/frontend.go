package limits

import "time"

// FrontEnd bounds the resources that clients of a RESP front-end may use.
type FrontEnd struct {
	// MaxConns is the number of connections at a time. Raising it costs a file descriptor and 16 KiB for each connection, more
	// while its requests or replies are long.
	MaxConns int `yaml:"max_connections,omitempty" default:"10000"`
	// Timeout is the time in which an operation must complete before its outcome counts as unknown. Raising it makes clients
	// wait longer while the group is down; below the time of a failover, operations fail that would have succeeded.
	Timeout time.Duration `yaml:"operation_timeout,omitempty" default:"5s"`
	// WriteTimeout is the time in which a client must read 64 KiB of replies; the front-end closes the connection of a slower
	// one. Raising it lets such a client hold on to its replies' memory for longer.
	WriteTimeout time.Duration `yaml:"write_timeout,omitempty" default:"30s"`
	// MaxRequests bounds the bytes of incomplete requests held for all connections together, beyond the 16 KiB of each. The
	// front-end closes the connection whose request exceeds it. Raising it lets more clients send large requests at a time,
	// and costs that memory.
	MaxRequests int `yaml:"max_request_bytes,omitempty" default:"268435456"`
}
