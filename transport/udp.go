package transport

import (
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

// UDP is the transport over real sockets. One event loop reads, handles and writes datagrams in batches. The
// methods of [Network] may be called only from the loop, all others from any goroutine.
type UDP struct {
	cfg   UDPConfig
	sock  *socket
	local netip.AddrPort
	bulk  *bulkChannel
	stats counters
	rng   *rand.Rand

	stopping atomic.Bool
	sleeping atomic.Bool // the loop waits or is about to, and must be woken
	posted   atomic.Bool // posts is not empty

	mu      sync.Mutex
	closed  bool
	posts   []func(now time.Duration)
	running []func(now time.Duration) // the posts of this turn; owned by the loop
}

var _ Network = (*UDP)(nil)

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

// Close closes the sockets of a transport that is not run. Run closes them itself.
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

// LocalAddr returns the address at which datagrams are received and from which they are sent.
func (t *UDP) LocalAddr() netip.AddrPort { return t.local }

// BulkAddr returns the address at which bulk messages are received, or an invalid one if there is none.
func (t *UDP) BulkAddr() netip.AddrPort { return t.bulk.local }

// MTU returns the size of the largest datagram that Send sends, in bytes.
func (t *UDP) MTU() int { return t.cfg.MTU }

// drop is the share of received datagrams that the UDP transports of this process drop, in units of 2^-32.
var drop atomic.Uint64

// SetDrop injects a fault: every UDP transport of this process drops each received datagram with probability
// rate (0 to 1).
func SetDrop(rate float64) { drop.Store(uint64(min(max(rate, 0), 1) * (1 << 32))) }

// Stats returns the counters, as of the end of the last batch.
func (t *UDP) Stats() Stats { return t.stats.read() }

// Post runs f on the event loop, between two calls of its handler. After Run has returned or Close was
// called, Post does nothing.
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

// alert ends the loop's wait, if it waits. The caller must have stored its work for the loop before.
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

// Run is the event loop. It calls h, Tick and Flush first, until ctx is done, then closes everything and
// returns nil. It returns an error if receiving fails. It locks its OS thread.
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
		// After a batch that is not nearly empty, more datagrams arrive soon. Reading again is then
		// cheaper than polling first.
		if n < (t.cfg.batch+3)/4 || t.cfg.single {
			t.wait(h.Deadline())
		}
		if now-yielded > yieldInterval {
			yielded = now
			t.unpin() // a locked thread would be switched twice to yield
			runtime.Gosched()
			t.pin()
		}
	}
	return nil
}

// pin locks the loop's OS thread and makes its timers precise.
func (t *UDP) pin() {
	runtime.LockOSThread()
	t.sock.precise(true)
}

func (t *UDP) unpin() {
	t.sock.precise(false)
	runtime.UnlockOSThread()
}

// yieldInterval is the longest time that the loop runs without yielding to the Go scheduler. After 10 ms the
// scheduler preempts a goroutine by a signal. Its monitor thread then treats every system call in progress as
// blocked, 50,000 times a second, which costs more than the loop's own work.
const yieldInterval = 8 * time.Millisecond

// turn is one iteration of the loop. It handles received datagrams, the timer, posted functions and bulk
// messages, then sends the queued datagrams.
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

// wait blocks until input, an alert or the deadline.
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

// runPosts runs the posted functions.
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

// flush sends the queued datagrams.
func (t *UDP) flush() {
	sent, bytes, failed := t.sock.flush()
	t.stats.add(datagramsOut, uint64(sent))
	t.stats.add(bytesOut, uint64(bytes))
	t.stats.add(sendFailed, uint64(failed))
}
