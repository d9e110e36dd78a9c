package transport

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

const (
	// DefaultMTU is the largest UDP payload, in bytes, that passes an Ethernet path with some
	// room for tunnels.
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
}

func (c UDPConfig) withDefaults() (UDPConfig, error) {
	c.MTU = cmp.Or(c.MTU, DefaultMTU)
	c.batch = cmp.Or(c.batch, DefaultBatch)
	c.socketBuffer = cmp.Or(c.socketBuffer, defaultSocketBuffer)
	c.bulk = c.bulk.withDefaults()
	if c.MTU < 1 || c.MTU > maxUDPPayload {
		return c, fmt.Errorf("transport: MTU is %d bytes, expected 1 to %d", c.MTU, maxUDPPayload)
	}
	return c, nil
}

// datagram is one that was received. data is cut off at the MTU if it is longer.
type datagram struct {
	from netip.AddrPort
	data []byte
	long bool
}

// UDP is the transport over real sockets: one event loop, which reads, handles and writes datagrams
// in batches. The methods of [Network] may be used only from the loop, all others from any
// goroutine.
type UDP struct {
	cfg   UDPConfig
	sock  *socket
	local netip.AddrPort
	bulk  *bulkChannel
	stats counters
	rng   *rand.Rand

	stopping atomic.Bool
	sleeping atomic.Bool // the loop is waiting, or about to; who has something for it wakes it
	posted   atomic.Bool // posts is not empty

	mu      sync.Mutex
	closed  bool
	posts   []func(now time.Duration)
	running []func(now time.Duration) // the posts of this turn; owned by the loop
}

var _ Network = (*UDP)(nil)

var origin = time.Now()

// Now is the time that every UDP transport of this process gives its handler: monotonic, since the
// process started.
func Now() time.Duration { return time.Since(origin) }

// ListenUDP opens the sockets. The caller must call Run or Close.
func ListenUDP(cfg UDPConfig) (*UDP, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	sock, local, err := openSocket(cfg)
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	t := &UDP{
		cfg:   cfg,
		sock:  sock,
		local: local,
		rng:   rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	}
	t.bulk, err = newBulkChannel(cfg.BulkAddr, cfg.bulk, &t.stats, t.alert)
	if err != nil {
		sock.close()
		return nil, fmt.Errorf("transport: %w", err)
	}
	return t, nil
}

// Close releases the sockets of a transport that is not run. Run does so itself when it returns.
func (t *UDP) Close() {
	t.bulk.close()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.closed = true
		t.posts = nil
		t.sock.close()
	}
}

// LocalAddr is the address that datagrams are received at and sent from.
func (t *UDP) LocalAddr() netip.AddrPort { return t.local }

// BulkAddr is the address of the bulk channel; not valid if there is none.
func (t *UDP) BulkAddr() netip.AddrPort { return t.bulk.local }

// MTU is the largest datagram, in bytes, that Send sends.
func (t *UDP) MTU() int { return t.cfg.MTU }

// drop is the share of received datagrams, of 2^32, that the UDP transports of this process drop.
var drop atomic.Uint64

// SetDrop makes all UDP transports of this process drop received datagrams at random, each with probability rate (0 to
// 1): fault injection.
func SetDrop(rate float64) { drop.Store(uint64(min(max(rate, 0), 1) * (1 << 32))) }

// Stats returns the counters, as of the end of the last batch.
func (t *UDP) Stats() Stats { return t.stats.read() }

// Post runs f on the event loop, between two calls of its handler. Once Run has returned or Close was
// called, f is forgotten at once.
func (t *UDP) Post(f func(now time.Duration)) {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.posts = append(t.posts, f)
	t.posted.Store(true)
	t.mu.Unlock()
	t.alert()
}

// alert ends the loop's wait, if it is waiting. What it is to find must be there before.
func (t *UDP) alert() {
	if !t.sleeping.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed {
		t.sock.wake()
	}
}

// Send queues one datagram for the end of the batch.
func (t *UDP) Send(to netip.AddrPort, b []byte) {
	if len(b) > t.cfg.MTU {
		t.stats.add(sendTooLong, 1)
		return
	}
	if t.sock.full() {
		t.flush()
	}
	if !t.sock.queue(to, b) {
		t.stats.add(sendBadAddress, 1)
	}
}

// SendBulk queues a message for the bulk channel at to.
func (t *UDP) SendBulk(to netip.AddrPort, b []byte) { t.bulk.send(to, b) }

// Run is the event loop: it calls h until ctx is done, then closes everything and returns nil. Any
// other end is an error. It begins with Tick and Flush. It keeps its OS thread for itself.
func (t *UDP) Run(ctx context.Context, h Handler) error {
	defer t.Close()
	t.pin()
	defer t.unpin()
	defer context.AfterFunc(ctx, func() {
		t.stopping.Store(true)
		t.alert()
	})()

	now := Now()
	h.Tick(now)
	h.Flush(now)
	t.flush()
	yielded := now
	for !t.stopping.Load() {
		n, now, err := t.turn(h)
		if err != nil {
			return fmt.Errorf("transport: receiving at %v: %w", t.local, err)
		}
		// A batch that is not nearly empty is soon followed by the next: reading again is
		// cheaper than asking first whether there is something to read.
		if n < (t.cfg.batch+3)/4 {
			t.wait(h.Deadline())
		}
		if now-yielded > yieldInterval {
			yielded = now
			t.unpin() // else the yield is two changes of threads
			runtime.Gosched()
			t.pin()
		}
	}
	return nil
}

// pin gives the loop the OS thread that it runs on for itself, with precise timers.
func (t *UDP) pin() {
	runtime.LockOSThread()
	t.sock.precise(true)
}

func (t *UDP) unpin() {
	t.sock.precise(false)
	runtime.UnlockOSThread()
}

// yieldInterval is how long the loop keeps its place in the Go scheduler. A goroutine that the scheduler
// has not seen for 10 ms is preempted by a signal, and from then on its monitor thread takes every system
// call that is under way for a blocked one, 50,000 times a second, which costs more than the loop's work.
const yieldInterval = 8 * time.Millisecond

// turn is one round of the loop: whatever has arrived, then time, then what other goroutines have
// for the loop, then everything that is to be sent.
func (t *UDP) turn(h Handler) (received int, now time.Duration, err error) {
	transient, err := t.sock.receive()
	if err != nil {
		return 0, 0, err
	}
	if transient {
		t.stats.add(receiveError, 1)
	}
	now = Now()
	drop := drop.Load()
	n := 0
	for n < t.cfg.batch {
		d, ok := t.sock.next()
		if !ok {
			break
		}
		n++
		t.stats.add(bytesIn, uint64(len(d.data)))
		switch {
		case d.long:
			t.stats.add(receiveTooLong, 1)
		case drop != 0 && uint64(t.rng.Uint32()) < drop:
			t.stats.add(receiveDropped, 1)
		default:
			h.Datagram(now, d.from, d.data)
		}
	}
	t.stats.add(datagramsIn, uint64(n))
	if h.Deadline() <= now {
		h.Tick(now)
	}
	t.runPosts(now)
	t.bulk.deliver(h, now)
	h.Flush(now)
	t.flush()
	t.stats.publish()
	return n, now, nil
}

// wait returns when there may be something to do: input, a wake-up, or the deadline.
func (t *UDP) wait(deadline time.Duration) {
	t.sleeping.Store(true)
	defer t.sleeping.Store(false)
	if t.stopping.Load() || t.posted.Load() || t.bulk.waiting() {
		return
	}
	timeout := monotime.Never
	if deadline != monotime.Never {
		if timeout = deadline - Now(); timeout <= 0 {
			timeout = 0
		}
	}
	t.sock.wait(timeout)
}

// runPosts runs the functions that were posted.
func (t *UDP) runPosts(now time.Duration) {
	if !t.posted.Load() {
		return
	}
	t.mu.Lock()
	t.posts, t.running = t.running[:0], t.posts
	t.posted.Store(false)
	t.mu.Unlock()
	for i, f := range t.running {
		f(now)
		t.running[i] = nil
	}
}

// flush sends what is queued.
func (t *UDP) flush() {
	sent, bytes, failed := t.sock.flush()
	t.stats.add(datagramsOut, uint64(sent))
	t.stats.add(bytesOut, uint64(bytes))
	t.stats.add(sendFailed, uint64(failed))
}
