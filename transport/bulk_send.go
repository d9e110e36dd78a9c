package transport

import (
	"io"
	"net"
	"net/netip"
	"time"
)

// bulkPeer is a destination: a queue and the goroutine that sends from it, which ends after the idle time
// without messages.
type bulkPeer struct {
	to     netip.AddrPort
	queue  [][]byte // guarded by bulkChannel.mu
	bytes  int      // queued or being sent; guarded by bulkChannel.mu
	signal chan struct{}
	conn   *bulkConn // nil: not connected
}

// send queues a message.
func (c *bulkChannel) send(to netip.AddrPort, b []byte) {
	if !c.enqueue(to, b) {
		c.stats.bulkDropped.Add(1)
	}
}

func (c *bulkChannel) enqueue(to netip.AddrPort, b []byte) bool {
	if len(b) > MaxBulk || !to.IsValid() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	p := c.peers[to]
	if p == nil {
		if len(c.peers) >= c.cfg.destinations {
			return false
		}
		p = &bulkPeer{to: to, signal: make(chan struct{}, 1)}
		c.peers[to] = p
		c.group.Go(func() { c.feed(p) })
	}
	if len(p.queue) >= c.cfg.queueMessages || p.bytes > 0 && p.bytes+len(b) > c.cfg.queueBytes {
		return false
	}
	p.queue = append(p.queue, b)
	p.bytes += len(b)
	select {
	case p.signal <- struct{}{}:
	default:
	}
	return true
}

// feed sends the messages queued for p.
func (c *bulkChannel) feed(p *bulkPeer) {
	defer p.disconnect(c)
	idle := time.NewTimer(c.cfg.idleTimeout)
	defer idle.Stop()
	for {
		b, ok := c.first(p)
		if ok {
			if c.transmit(p, b) {
				c.stats.bulkOut.Add(1)
			} else {
				c.stats.bulkDropped.Add(1)
			}
			c.sent(p, len(b))
			idle.Reset(c.cfg.idleTimeout)
			continue
		}
		select {
		case <-p.signal:
		case <-c.ctx.Done():
			return
		case <-idle.C:
			if c.retire(p) {
				return
			}
			idle.Reset(c.cfg.idleTimeout)
		}
	}
}

// first removes the first message of p's queue. Its bytes count until sent is called.
func (c *bulkChannel) first(p *bulkPeer) (b []byte, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p.queue) == 0 || c.closed {
		return nil, false
	}
	b = p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	return b, true
}

func (c *bulkChannel) sent(p *bulkPeer, n int) {
	c.mu.Lock()
	p.bytes -= n
	c.mu.Unlock()
}

// retire removes p if its queue is empty.
func (c *bulkChannel) retire(p *bulkPeer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p.queue) > 0 {
		return false
	}
	delete(c.peers, p.to)
	return true
}

// transmit sends one message, over a new connection if the present one is broken.
func (c *bulkChannel) transmit(p *bulkPeer, b []byte) bool {
	if p.conn != nil && c.write(p.conn, b) == nil {
		return true
	}
	p.disconnect(c)
	if !p.connect(c) {
		return false
	}
	if c.write(p.conn, b) != nil {
		p.disconnect(c)
		return false
	}
	return true
}

// write writes one message. It extends the deadline with every chunk that the peer takes.
func (c *bulkChannel) write(conn *bulkConn, b []byte) error {
	var prefix [lengthLen]byte
	n := min(len(b), bulkChunk)
	_ = conn.SetWriteDeadline(time.Now().Add(c.cfg.stallTimeout))
	start := net.Buffers{putLength(prefix[:0], len(b)), b[:n]}
	if _, err := start.WriteTo(conn.Conn); err != nil {
		return err
	}
	for b = b[n:]; len(b) > 0; b = b[n:] {
		n = min(len(b), bulkChunk)
		_ = conn.SetWriteDeadline(time.Now().Add(c.cfg.stallTimeout))
		if _, err := conn.Write(b[:n]); err != nil {
			return err
		}
	}
	return nil
}

// connect dials p and watches the connection. The peer sends nothing on it, so a read returns only when it
// ends; the next message then goes over a new connection instead of being lost.
func (p *bulkPeer) connect(c *bulkChannel) bool {
	dialer := net.Dialer{Timeout: c.cfg.dialTimeout}
	conn, err := dialer.DialContext(c.ctx, "tcp", p.to.String())
	if err != nil {
		return false
	}
	bc := &bulkConn{Conn: conn}
	if !c.adopt(bc) {
		return false
	}
	c.group.Go(func() {
		_, _ = io.ReadFull(bc, make([]byte, 1))
		bc.Close()
	})
	p.conn = bc
	return true
}

func (p *bulkPeer) disconnect(c *bulkChannel) {
	if p.conn != nil {
		c.dismiss(p.conn)
		p.conn = nil
	}
}
