package transport

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"time"
)

// errRefused ends a connection whose message is too long or exceeds the memory left.
var errRefused = errors.New("transport: bulk message refused")

// accept takes incoming connections until the listener is closed.
func (c *bulkChannel) accept() {
	incoming := make(map[*bulkConn]struct{})
	ended := make(chan *bulkConn, c.cfg.connections)
	for {
		conn, err := c.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Most likely out of descriptors, so an immediate retry would fail too.
			if !c.pause(100 * time.Millisecond) {
				return
			}
			continue
		}
		for len(ended) > 0 {
			delete(incoming, <-ended)
		}
		if len(incoming) >= c.cfg.connections {
			evictIdlest(incoming)
			delete(incoming, <-ended)
		}
		bc := &bulkConn{Conn: conn}
		bc.active.Store(int64(Now()))
		if !c.adopt(bc) {
			return
		}
		incoming[bc] = struct{}{}
		c.group.Go(func() {
			c.serve(bc)
			c.dismiss(bc)
			ended <- bc // never blocks: one place for each connection
		})
	}
}

// pause waits for d and returns false if the channel is closed in the meantime.
func (c *bulkChannel) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

// evictIdlest closes the connection that has been idle for longest.
func evictIdlest(conns map[*bulkConn]struct{}) {
	var idlest *bulkConn
	for conn := range conns {
		if idlest == nil || conn.active.Load() < idlest.active.Load() {
			idlest = conn
		}
	}
	idlest.Close()
}

// serve reads messages from a connection until it ends.
func (c *bulkChannel) serve(conn *bulkConn) {
	for {
		b, err := c.readMessage(conn)
		if err != nil {
			if errors.Is(err, errRefused) {
				c.stats.bulkRefused.Add(1)
			}
			return
		}
		select {
		case c.incoming <- b:
			c.alert()
		case <-c.ctx.Done():
			return
		}
	}
}

// readMessage reads one message. It allocates memory as the bytes arrive, so that a false length costs
// nothing. The memory counts against the bound shared by all connections until the event loop takes the
// message.
func (c *bulkChannel) readMessage(conn *bulkConn) (b []byte, err error) {
	var prefix [lengthLen]byte
	_ = conn.SetReadDeadline(time.Now().Add(c.cfg.idleTimeout))
	if _, err := io.ReadFull(conn, prefix[:]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(prefix[:]))
	if length > MaxBulk {
		return nil, errRefused
	}
	defer func() {
		if err != nil {
			c.memory.Add(int64(cap(b)))
			b = nil
		}
	}()
	for len(b) < length {
		if len(b) == cap(b) {
			if b, err = c.grow(b, length); err != nil {
				return b, err
			}
		}
		conn.active.Store(int64(Now()))
		_ = conn.SetReadDeadline(time.Now().Add(c.cfg.stallTimeout))
		var n int
		n, err = conn.Read(b[len(b):min(cap(b), length)])
		b = b[:len(b)+n]
		if err != nil && len(b) < length {
			return b, err
		}
	}
	return b, nil
}

// grow doubles the memory of a message, of which len(b) bytes have arrived.
func (c *bulkChannel) grow(b []byte, length int) ([]byte, error) {
	want := min(max(2*cap(b), bulkChunk), length)
	if c.memory.Add(int64(cap(b)-want)) < 0 {
		c.memory.Add(int64(want - cap(b)))
		return b, errRefused
	}
	grown := slices.Grow([]byte(nil), want)
	c.memory.Add(int64(want - cap(grown))) // the allocator rounds up
	return append(grown, b...), nil
}
