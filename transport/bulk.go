package transport

import (
	"cmp"
	"context"
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// bulkConfig bounds the bulk channel.
type bulkConfig struct {
	queueMessages  int           // messages waiting for one destination; default 256
	queueBytes     int           // bytes waiting for one destination; default MaxBulk
	receiveBytes   int           // bytes of incoming messages in memory, over all peers; default 2*MaxBulk
	connections    int           // incoming connections, beyond which the one idle longest is closed; default 64
	destinations   int           // outgoing connections; default 64
	incomingQueued int           // messages waiting for the event loop; default 64
	dialTimeout    time.Duration // default 1 s
	stallTimeout   time.Duration // without progress, after which a message is abandoned; default 5 s
	idleTimeout    time.Duration // after which an unused connection is closed; default 60 s
}

func (c bulkConfig) withDefaults() bulkConfig {
	c.queueMessages = cmp.Or(c.queueMessages, 256)
	c.queueBytes = cmp.Or(c.queueBytes, MaxBulk)
	c.receiveBytes = cmp.Or(c.receiveBytes, 2*MaxBulk)
	c.connections = cmp.Or(c.connections, 64)
	c.destinations = cmp.Or(c.destinations, 64)
	c.incomingQueued = cmp.Or(c.incomingQueued, 64)
	c.dialTimeout = cmp.Or(c.dialTimeout, time.Second)
	c.stallTimeout = cmp.Or(c.stallTimeout, 5*time.Second)
	c.idleTimeout = cmp.Or(c.idleTimeout, time.Minute)
	return c
}

// lengthLen is the size in bytes of the prefix of each message, its big-endian length.
const lengthLen = 4

// bulkChunk is the number of bytes of a message that are read or written between two checks of its progress,
// and the size of the first allocation for an incoming one.
const bulkChunk = 64 << 10

// bulkChannel carries messages over TCP, on one connection per direction and pair. The loop calls send,
// deliver and waiting; everything else runs in the channel's goroutines.
type bulkChannel struct {
	cfg      bulkConfig
	stats    *counters
	alert    func() // wakes the loop
	listener net.Listener
	local    netip.AddrPort
	incoming chan []byte
	memory   atomic.Int64    // bytes left of cfg.receiveBytes
	ctx      context.Context // of all goroutines; done once the channel is closed
	cancel   context.CancelFunc
	group    sync.WaitGroup

	mu     sync.Mutex
	closed bool
	peers  map[netip.AddrPort]*bulkPeer
	conns  map[*bulkConn]struct{}
}

func newBulkChannel(addr string, cfg bulkConfig, stats *counters, alert func()) (*bulkChannel, error) {
	c := &bulkChannel{
		cfg:      cfg,
		stats:    stats,
		alert:    alert,
		incoming: make(chan []byte, cfg.incomingQueued),
		peers:    make(map[netip.AddrPort]*bulkPeer),
		conns:    make(map[*bulkConn]struct{}),
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.memory.Store(int64(cfg.receiveBytes))
	if addr == "" {
		return c, nil
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.listener, c.local = listener, unmap(listener.Addr().(*net.TCPAddr).AddrPort())
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

// waiting reports whether messages wait for deliver.
func (c *bulkChannel) waiting() bool { return len(c.incoming) > 0 }

// deliver passes the messages that have arrived to the handler.
func (c *bulkChannel) deliver(h Handler, now time.Duration) {
	for range len(c.incoming) {
		b := <-c.incoming
		c.memory.Add(int64(cap(b)))
		c.stats.bulkIn.Add(1)
		h.Bulk(now, b)
	}
}

// bulkConn is a connection that close closes.
type bulkConn struct {
	net.Conn
	active atomic.Int64 // of an incoming one: time of the last bytes, by Now
}

// adopt registers a connection for close. If the channel is closed already, it closes the connection and
// returns false.
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
