package clientcore

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Core is a client as a deterministic state machine; the package comment describes how to drive it.
type Core struct {
	cfg      Config
	quorum   int // alike answers that complete a request
	timeouts timeouts
	random   uint64
	deadline time.Duration // not after the earliest due time of a request

	id           wire.ClientID // zero until registered
	nonce        wire.ClientID // of the REGISTER in flight
	registering  *request
	view         wire.View // join of the views in replies
	incarnations []uint64  // newest seen, by replica

	// Requests in flight: id at ring[id%len], all in [low, nextID).
	ring        []*request
	low, nextID uint64
	inFlight    int

	waiting  requestList
	requests []*request // all requests, by index
	free     []*request
	done     []*request // completed; recycled when their effects are cleared

	stopped bool
	answer  Answer // the answer being handled; reused
	effects []Effect
	frames  []byte // backs the effects' Data
	stats   Stats
}

// Stats has the fields of client.Stats, which documents them.
type Stats struct {
	Transmissions   uint64
	Retransmissions uint64
	Completed       uint64
	Registrations   uint64
	Evictions       uint64
	Full            uint64
	BadReplies      uint64
	StaleReplies    uint64

	InFlight int
	Waiting  int
	Timeout  time.Duration
	View     wire.View
}

// New returns a client without an identity.
func New(cfg Config) (*Core, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	t := timeouts{floor: cfg.MinTimeout, ceiling: cfg.MaxTimeout}
	t.current = t.estimate()
	return &Core{
		cfg:          cfg,
		quorum:       cfg.Rule.quorum(cfg.Replicas),
		timeouts:     t,
		random:       cfg.Seed,
		deadline:     monotime.Never,
		incarnations: make([]uint64, cfg.Replicas),
		ring:         make([]*request, wire.MaxOutstanding),
		low:          1,
		nextID:       1,
	}, nil
}

// MaxOp returns the length in bytes of the longest operation.
func (c *Core) MaxOp() int { return c.cfg.MTU - oumlib.HeaderLen - wire.RequestOverhead }

// Effects returns the effects to carry out, in order. They are valid until ClearEffects.
func (c *Core) Effects() []Effect { return c.effects }

// ClearEffects forgets the effects, which the caller has carried out.
func (c *Core) ClearEffects() {
	for _, r := range c.done {
		c.recycle(r)
	}
	clear(c.effects)
	c.done, c.effects, c.frames = c.done[:0], c.effects[:0], c.frames[:0]
}

// Stats returns the current counters and gauges.
func (c *Core) Stats() Stats {
	s := c.stats
	s.InFlight, s.Waiting, s.Timeout, s.View = c.inFlight, c.waiting.len, c.timeouts.current, c.view
	return s
}

// Memory returns the number of requests that the core holds memory for, used or free, and the total length in bytes of
// the results of which a part has arrived.
func (c *Core) Memory() (requests, resultBytes int) {
	for _, r := range c.requests {
		resultBytes += len(r.result.buf)
	}
	return len(c.requests), resultBytes
}

// Invoke accepts a request with a copy of op. An EffectDone with the tag follows unless the request is cancelled. The error is a
// *TooLargeError or ErrQueueFull, and then no effect follows.
func (c *Core) Invoke(now time.Duration, tag uint64, op []byte) (Ticket, error) {
	if limit := c.MaxOp(); len(op) > limit {
		return Ticket{}, &TooLargeError{Size: len(op), Limit: limit}
	}
	if c.waiting.len >= c.cfg.MaxWaiting {
		return Ticket{}, ErrQueueFull
	}
	r := c.newRequest()
	r.tag = tag
	r.op = append(r.op, op...)
	c.waiting.push(r)
	c.sendWaiting(now)
	return r.ticket(), nil
}

// Cancel abandons a request and returns the number of its transmissions. With none it is never executed, otherwise its outcome is
// unknown. ok is false if the request is already complete.
func (c *Core) Cancel(now time.Duration, t Ticket) (transmissions int, ok bool) {
	if int(t.index) >= len(c.requests) {
		return 0, false
	}
	r := c.requests[t.index]
	switch {
	case r.uses != t.uses:
		return 0, false
	case r.id == 0:
		c.waiting.remove(r)
		c.recycle(r)
		return 0, true
	case c.outstanding(r.id) != r:
		return 0, false // its EffectDone is not cleared yet
	}
	transmissions = r.sent
	c.land(r)
	c.recycle(r)
	c.sendWaiting(now)
	return transmissions, true
}

// Stop ends transmission: requests that wait can only be cancelled.
func (c *Core) Stop() { c.stopped = true }

// sendWaiting sends the waiting requests that the window has room for.
func (c *Core) sendWaiting(now time.Duration) {
	if c.waiting.len == 0 || c.stopped {
		return
	}
	if !c.Registered() {
		c.Register(now)
		return
	}
	for c.waiting.len > 0 && c.inFlight < c.cfg.Window && c.nextID-c.low < wire.MaxOutstanding {
		r := c.waiting.first
		c.waiting.remove(r)
		r.id = c.nextID
		c.nextID++
		c.ring[r.id%uint64(len(c.ring))] = r
		c.inFlight++
		c.transmit(now, r)
	}
}

// outstanding returns the request in flight with the given id, or nil.
func (c *Core) outstanding(id uint64) *request {
	if id < c.low || id >= c.nextID {
		return nil
	}
	return c.ring[id%uint64(len(c.ring))]
}

// land removes a request from those in flight.
func (c *Core) land(r *request) {
	c.ring[r.id%uint64(len(c.ring))] = nil
	c.inFlight--
	for c.low < c.nextID && c.ring[c.low%uint64(len(c.ring))] == nil {
		c.low++
	}
}

// transmit sends or retransmits a request.
func (c *Core) transmit(now time.Duration, r *request) {
	m := wire.Request{Client: c.id, ID: r.id, Low: c.low, ReplyTo: c.cfg.ReplyTo, Op: r.op}
	if r == c.registering {
		m.Register, m.Client, m.Low = true, c.nonce, 1
	}
	r.sent++
	r.lastSent = now
	c.stats.Transmissions++
	start := len(c.frames)
	c.frames = wire.AppendRequest(c.frames, &m)
	c.frames = c.cfg.Auth.Seal(c.frames, start)
	c.effects = append(c.effects, Effect{
		Kind: EffectGroup, Data: c.frames[start:], Attempt: r.sent, Leader: c.view.LeaderOf(c.cfg.Replicas),
	})
	c.schedule(now, r, c.timeouts.ceiling)
}

// Reply takes a datagram from a replica.
func (c *Core) Reply(now time.Duration, frame []byte) {
	if !c.parse(frame) {
		c.stats.BadReplies++
		return
	}
	m := &c.answer
	r := c.addressee(m)
	if r == nil || m.Incarnation < c.incarnations[m.Replica] {
		c.stats.StaleReplies++
		return
	}
	c.incarnations[m.Replica] = m.Incarnation
	if view := c.view.Join(m.View); view != c.view {
		c.view = view
		c.hasten(now, c.timeouts.estimate()) // the group has changed the view, which may have lost the request
	}
	if m.Status == wire.StatusFull {
		c.pushback(now, r)
		return
	}
	if speaks := c.cfg.Rule.speaks(m, c.cfg.Replicas); speaks != (m.Status != wire.StatusLogged) {
		c.stats.BadReplies++
		return
	} else if speaks {
		r.result.add(m)
	}
	r.vote(m)
	if t := r.outcome(c.quorum); t != nil {
		c.conclude(now, r, t)
	}
}

// parse authenticates an answer and parses it into c.answer.
func (c *Core) parse(frame []byte) bool {
	m := &c.answer
	if read := c.cfg.Rule.Read; read == nil {
		if !c.parseReply(frame) {
			return false
		}
	} else if answer, ok := read(c.cfg.Auth, frame); ok {
		*m = answer
	} else {
		return false
	}
	return int(m.Replica) < c.cfg.Replicas && m.Slot != 0
}

// parseReply authenticates a REPLY and parses it into c.answer.
func (c *Core) parseReply(frame []byte) bool {
	kind, err := wire.PeekKind(frame)
	if err != nil || kind != wire.KindReply || len(frame) < wire.ReplyOverhead {
		return false
	}
	body, ok := c.cfg.Auth.Open(frame)
	if !ok {
		return false
	}
	c.answer.Reply, err = wire.ParseReply(body)
	return err == nil
}

// addressee returns the request that a REPLY answers, or nil.
func (c *Core) addressee(m *Answer) *request {
	switch {
	case m.Client.Hi == 0 && m.Client == c.id:
		return c.outstanding(m.ID)
	case c.registering != nil && m.Client == c.nonce && m.ID == 1:
		return c.registering
	}
	return nil
}

// conclude completes a request that committed with the status of t.
func (c *Core) conclude(now time.Duration, r *request, t *tally) {
	if r == c.registering {
		if t.status == wire.StatusRegistered {
			c.finishRegister(now, r, t)
		}
		return
	}
	done := Effect{Kind: EffectDone, Tag: r.tag}
	switch t.status {
	case wire.StatusOK:
		done.Result = r.result.buf
	case wire.StatusTooLarge:
		done.Err = ErrResultTooLarge
	case wire.StatusTooMany:
		done.Err = ErrTooManyOutstanding
	case wire.StatusEvicted:
		c.evict(now)
		return
	default:
		c.stats.BadReplies++ // no leader answers an operation with such a status
		return
	}
	c.sample(now, r)
	c.complete(r, done)
	c.sendWaiting(now)
}

// sample measures the round trip of a request that was sent once.
func (c *Core) sample(now time.Duration, r *request) {
	if r.sent == 1 {
		c.timeouts.sample(now-r.lastSent, c.inFlight)
	}
}

// complete ends a request in flight with an outcome.
func (c *Core) complete(r *request, done Effect) {
	c.stats.Completed++
	c.land(r)
	c.done = append(c.done, r)
	c.effects = append(c.effects, done)
}
