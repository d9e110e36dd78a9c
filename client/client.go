package client

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// Client calls a replicated service. Its methods are safe for concurrent use; all requests share one socket, one identity and
// one window.
type Client struct {
	udp    *transport.UDP
	sender *oumlib.Sender
	log    *slog.Logger
	maxOp  int
	calls  sync.Pool // of *call

	stop     context.CancelFunc
	finished sync.WaitGroup // loop and watch
	stopped  chan struct{}  // closed when the loop has ended

	mu     sync.Mutex
	queue  []order
	posted bool  // the loop will take the queue
	err    error // of every later request

	drain func(now time.Duration) // Client.takeOrders
	loop  loop
}

// New starts a client. It returns before the client is registered with the group; the first requests wait for the
// registration.
func New(cfg Config) (*Client, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	addr, err := cfg.listen()
	if err != nil {
		return nil, err
	}
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: addr, MTU: cfg.MTU})
	if err != nil {
		return nil, err
	}
	core, err := clientcore.New(cfg.core(udp.LocalAddr(), clientcore.RandomNonce, rand.Uint64()))
	if err != nil {
		udp.Close()
		return nil, err
	}
	c := &Client{
		udp: udp, sender: cfg.sender(udp.MTU()), log: cfg.Logger, maxOp: core.MaxOp(),
		calls:   sync.Pool{New: func() any { return newCall() }},
		stopped: make(chan struct{}),
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	c.drain = c.takeOrders
	c.loop = loop{core: core, network: udp, courier: clientcore.NewMulticast(c.sender)}
	core.Register(transport.Now())
	c.start(cfg)
	return c, nil
}

// start runs the loop, and follows the group's route if there are controllers.
func (c *Client) start(cfg Config) {
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.finished.Go(func() {
		err := c.udp.Run(ctx, &c.loop)
		if err != nil {
			c.log.Error("client stopped", "address", c.udp.LocalAddr(), "error", err)
		}
		c.shut(err)
	})
	if len(cfg.Controllers) > 0 {
		c.finished.Go(func() { c.follow(ctx, cfg) })
	}
}

// watchAgain is the pause after which the client asks the controllers again that did not know the group.
const watchAgain = time.Second

// follow learns the route to the group. If no controller knows the group, it stops the client, unless there is a route already:
// then that route stays in use.
func (c *Client) follow(ctx context.Context, cfg Config) {
	for {
		err := api.Watch(ctx, cfg.Controllers, cfg.Group, c.route, cfg.DialOptions...)
		if ctx.Err() != nil {
			return
		}
		if !c.sender.Addr().IsValid() {
			c.log.Error("client stopped", "address", c.udp.LocalAddr(), "error", err)
			c.refuse(err)
			c.stop()
			return
		}
		c.log.Warn("no controller knows the group any more", "sequencer", c.sender.Addr(), "error", err)
		if wait.For(ctx, watchAgain) != nil {
			return
		}
	}
}

// route takes a route to the group from a controller.
func (c *Client) route(r api.Route) {
	c.sender.SetAddr(r.Sequencer)
	c.udp.Post(c.loop.core.Reroute)
}

// MaxOp returns the length in bytes of the longest operation.
func (c *Client) MaxOp() int { return c.maxOp }

// Invoke has the group execute op, once, and returns the result. If ctx is done before, the error wraps that of ctx and, if op
// was sent, ErrOutcomeUnknown. Other errors are *TooLargeError, ErrEvicted, ErrResultTooLarge, ErrTooManyOutstanding,
// ErrQueueFull and ErrClosed.
func (c *Client) Invoke(ctx context.Context, op []byte) ([]byte, error) {
	return c.InvokeAppend(ctx, nil, op)
}

// InvokeAppend is Invoke, but appends the result to dst, so that it need not allocate. On an error it returns dst unchanged.
func (c *Client) InvokeAppend(ctx context.Context, dst, op []byte) ([]byte, error) {
	if len(op) > c.maxOp {
		return dst, &TooLargeError{Size: len(op), Limit: c.maxOp}
	}
	if err := ctx.Err(); err != nil {
		return dst, notSent(err, "the context was done before")
	}
	k := c.calls.Get().(*call)
	k.op, k.result, k.finished = op, dst, false
	if err := c.submit(order{call: k}); err != nil {
		return dst, err
	}
	select {
	case <-k.done:
	case <-ctx.Done():
		k.cause = ctx.Err()
		_ = c.submit(order{call: k, cancel: true}) // an error means that the loop is ending, which finishes all calls
		<-k.done
		// The call is not reused, because the loop may still hold the order to cancel it.
		return c.outcome(dst, k)
	}
	result, err := c.outcome(dst, k)
	k.op, k.result, k.err = nil, nil, nil
	c.calls.Put(k)
	return result, err
}

func (c *Client) outcome(dst []byte, k *call) ([]byte, error) {
	if k.err != nil {
		return dst, k.err
	}
	return k.result, nil
}

// submit queues an order and wakes the loop, unless it is already about to take the queue.
func (c *Client) submit(o order) error {
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return c.err
	}
	c.queue = append(c.queue, o)
	wake := !c.posted
	c.posted = true
	c.mu.Unlock()
	if wake {
		c.udp.Post(c.drain)
	}
	return nil
}

// takeOrders carries out the queued orders on the loop.
func (c *Client) takeOrders(now time.Duration) {
	for _, o := range c.swapQueue() {
		if o.cancel {
			c.loop.cancel(now, o.call)
		} else {
			c.loop.invoke(now, o.call)
		}
	}
}

// swapQueue empties the queue and returns its orders, which are valid until the next call.
func (c *Client) swapQueue() []order {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.loop.orders)
	c.queue, c.loop.orders = c.loop.orders[:0], c.queue
	c.posted = false
	return c.loop.orders
}

// Stats has the counters and gauges of a Client.
type Stats struct {
	Transmissions   uint64 // requests sent, including REGISTERs and retransmissions
	Retransmissions uint64
	Completed       uint64 // requests that succeeded or failed
	Registrations   uint64
	Evictions       uint64
	Full            uint64 // FULL answers
	BadReplies      uint64 // frames that failed to authenticate or parse, or name no replica
	StaleReplies    uint64 // replies to nothing outstanding, or from an older incarnation of a replica

	InFlight int           // requests sent and not complete
	Waiting  int           // requests not sent yet
	Timeout  time.Duration // of the next request's first transmission
	View     wire.View     // newest view seen
}

// Stats returns the client's counters and gauges.
func (c *Client) Stats() Stats {
	var s Stats
	read := make(chan struct{})
	c.udp.Post(func(time.Duration) {
		s = Stats(c.loop.core.Stats())
		close(read)
	})
	select {
	case <-read:
	case <-c.stopped:
		return Stats(c.loop.core.Stats()) // the loop, which owned the core, has ended
	}
	return s
}

// LocalAddr returns the address at which the client receives answers, as "host:port".
func (c *Client) LocalAddr() string { return c.udp.LocalAddr().String() }

// Close stops the client. Requests without an answer fail with ErrClosed, and with ErrOutcomeUnknown if they were sent.
func (c *Client) Close() error {
	c.refuse(ErrClosed)
	c.stop()
	c.finished.Wait()
	return nil
}

// refuse makes every later request fail with err, or with the error of an earlier call of refuse.
func (c *Client) refuse(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
	}
}

// shut fails all remaining requests after the loop has ended, in the loop's goroutine.
func (c *Client) shut(err error) {
	if err == nil {
		err = ErrClosed
	}
	c.refuse(err)
	c.mu.Lock()
	err = c.err
	c.mu.Unlock()
	for _, o := range c.swapQueue() {
		if !o.cancel {
			o.call.finish(notSent(err, "it was queued"))
		}
	}
	c.loop.shut(err)
	close(c.stopped)
}
