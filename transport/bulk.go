package transport

import (
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// BulkConfig bounds the bulk channel. Zero values stand for the defaults.
type BulkConfig struct {
	QueueMessages  int           // messages waiting for one destination; default 256
	QueueBytes     int           // bytes waiting for one destination; default MaxBulk
	ReceiveBytes   int           // bytes of incoming messages in memory, over all peers; default 2*MaxBulk
	Connections    int           // incoming connections; the one idle for longest gives way; default 64
	Destinations   int           // outgoing connections; default 64
	DialTimeout    time.Duration // default 1 s
	StallTimeout   time.Duration // a message that makes no progress for so long is given up; default 5 s
	IdleTimeout    time.Duration // an unused connection is closed after so long; default 60 s
	IncomingQueued int           // messages waiting for the event loop; default 64
}

func (c BulkConfig) withDefaults() BulkConfig {
	number := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	duration := func(p *time.Duration, v time.Duration) {
		if *p <= 0 {
			*p = v
		}
	}
	number(&c.QueueMessages, 256)
	number(&c.QueueBytes, MaxBulk)
	number(&c.ReceiveBytes, 2*MaxBulk)
	number(&c.Connections, 64)
	number(&c.Destinations, 64)
	number(&c.IncomingQueued, 64)
	duration(&c.DialTimeout, time.Second)
	duration(&c.StallTimeout, 5*time.Second)
	duration(&c.IdleTimeout, time.Minute)
	return c
}

// lengthLen is the length in bytes of what stands before each message: its length, big-endian.
const lengthLen = 4

// bulkChunk is how many bytes of a message are read or written between two checks that it makes
// progress, and the first allocation for an incoming one.
const bulkChunk = 64 << 10

// bulkChannel carries messages over TCP, one connection per direction and pair. The loop calls
// send, deliver and waiting; everything else runs in its goroutines.
type bulkChannel struct {
	cfg      BulkConfig
	stats    *counters
	alert    func() // wakes the loop
	listener net.Listener
	local    netip.AddrPort
	incoming chan []byte
	memory   atomic.Int64    // bytes left of cfg.ReceiveBytes
	ctx      context.Context // of all goroutines; done once the channel is closed
	cancel   context.CancelFunc
	group    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	peers  map[netip.AddrPort]*bulkPeer
	conns  map[*bulkConn]struct{}
}

func newBulkChannel(addr string, cfg BulkConfig, stats *counters, alert func()) (*bulkChannel, error) {
	c := &bulkChannel{
		cfg:      cfg,
		stats:    stats,
		alert:    alert,
		incoming: make(chan []byte, cfg.IncomingQueued),
		peers:    make(map[netip.AddrPort]*bulkPeer),
		conns:    make(map[*bulkConn]struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.memory.Store(int64(cfg.ReceiveBytes))
	if addr == "" {
		return c, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	local := listener.Addr().(*net.TCPAddr).AddrPort()
	c.listener, c.local = listener, netip.AddrPortFrom(local.Addr().Unmap(), local.Port())
	c.group.Go(c.accept)
	return c, nil
}

// close ends all goroutines and waits for them.
func (c *bulkChannel) close() {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	c.cancel()
	if c.listener != nil {
		c.listener.Close()
	}
	for conn := range c.conns {
		conn.Close()
	}
	c.mu.Unlock()
	c.group.Wait()
}

// waiting reports whether deliver has something to do.
func (c *bulkChannel) waiting() bool { return len(c.incoming) > 0 }

// deliver hands what has arrived to the handler.
func (c *bulkChannel) deliver(h Handler, now time.Duration) {
	for range len(c.incoming) {
		b := <-c.incoming
		c.memory.Add(int64(cap(b)))
		c.stats.bulkIn.Add(1)
		h.Bulk(now, b)
	}
}

// bulkConn is a connection that close knows of.
type bulkConn struct {
	net.Conn
	active atomic.Int64 // incoming: when bytes last came, as Now
}

// adopt makes a connection known to close, and reports false if it came too late.
func (c *bulkChannel) adopt(conn *bulkConn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return false
	}
	c.conns[conn] = struct{}{}
	return true
}

func (c *bulkChannel) dismiss(conn *bulkConn) {
	conn.Close()
	c.mu.Lock()
	delete(c.conns, conn)
	c.mu.Unlock()
}

func putLength(b []byte, n int) []byte { return binary.BigEndian.AppendUint32(b, uint32(n)) }
