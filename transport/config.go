package transport

import (
	"cmp"
	"fmt"
	"sync/atomic"
)

const (
	// DefaultMTU is the largest UDP payload, in bytes, that fits an Ethernet path with some room for
	// tunnels.
	DefaultMTU = 1400
	// DefaultBatch is the most datagrams that are handled before their effects are sent.
	DefaultBatch = 64
	// defaultSocketBuffer is requested of the kernel. Without privileges it grants what
	// net.core.rmem_max and wmem_max allow.
	defaultSocketBuffer = 8 << 20

	maxUDPPayload = 65507
)

// UDPConfig configures a UDP transport.
type UDPConfig struct {
	Addr     string // host:port to receive datagrams at; port 0: any
	BulkAddr string // host:port (TCP) to receive bulk messages at; "": receive none
	MTU      int    // largest datagram sent or accepted, in bytes of UDP payload; default DefaultMTU

	batch        int // datagrams handled before their effects are sent; default DefaultBatch
	socketBuffer int // requested of the kernel for each direction, in bytes; default 8 MiB
	bulk         bulkConfig
	single       bool // see SetBatch
}

// batch is the value of SetBatch.
var batch atomic.Int64

// SetBatch sets, for measurements, the number of datagrams that the UDP transports which this process opens from now on
// handle before they send the effects; 0 restores DefaultBatch. With 1 every datagram pays its own price: the transport
// polls, receives one datagram with one system call and sends each datagram with one, and the kernel neither merges nor
// splits any.
func SetBatch(n int) { batch.Store(int64(n)) }

func (c UDPConfig) withDefaults() (UDPConfig, error) {
	c.MTU = cmp.Or(c.MTU, DefaultMTU)
	if n := int(batch.Load()); n > 0 {
		c.batch, c.single = n, n == 1
	}
	c.batch = cmp.Or(c.batch, DefaultBatch)
	c.socketBuffer = cmp.Or(c.socketBuffer, defaultSocketBuffer)
	c.bulk = c.bulk.withDefaults()
	if c.MTU < 1 || c.MTU > maxUDPPayload {
		return c, fmt.Errorf("transport: MTU is %d bytes, expected 1 to %d", c.MTU, maxUDPPayload)
	}
	return c, nil
}
