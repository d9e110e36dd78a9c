package replica

import (
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// drain handles the receiver's events.
func (c *Core) drain() {
	var ev oumlib.Event
	for c.rx.Next(&ev) {
		if ev.Kind == oumlib.SessionTerminated {
			c.newSession(ev.Session)
			continue
		}
		if c.phase != phaseNormal || ev.Session != c.durable.View.Session {
			continue
		}
		switch ev.Kind {
		case oumlib.Deliver:
			c.onDeliver(ev.First, ev.Payload)
		case oumlib.Suspect:
			c.onMissing(c.base+ev.First, c.base+ev.Last)
		case oumlib.Drop:
			c.onMissing(c.base+ev.First, c.base+ev.Last)
			c.decideNoOps()
		}
	}
}

// onDeliver puts a message into its slot. Every number takes up its slot, as an entry or as a gap, even if the
// message is a duplicate, outdated or void.
func (c *Core) onDeliver(number uint64, payload []byte) {
	slot := c.base + number
	c.view.health.stamped(c.now)
	if slot <= c.log.end {
		return
	}
	kind, body, ok := c.openStamped(payload)
	if !ok {
		// Void: another replica may have it intact.
		c.counters.Void++
		c.onMissing(slot, slot)
		c.decideNoOps()
		return
	}
	if c.full() {
		c.dropAsFull(slot, kind, body)
		return
	}
	var tick wire.Tick
	if kind == wire.EntryTick {
		tick, _ = wire.ParseTick(body) // openStamped has checked it
	}
	if slot == c.log.end+1 && c.view.high <= c.log.end {
		c.append(kind, c.durable.View.Session, number, body)
		c.progress()
	} else {
		c.buffer(slot, kind, body)
		c.advance()
	}
	if kind == wire.EntryTick && c.phase == phaseNormal {
		c.onTick(tick)
	}
}

// openStamped authenticates and parses the payload of a stamped message, and returns the kind and the payload of
// its log entry.
func (c *Core) openStamped(payload []byte) (wire.EntryKind, []byte, bool) {
	kind, body, err := c.cfg.Keys.Open(payload)
	if err != nil {
		return 0, nil, false
	}
	switch kind {
	case wire.KindRequest:
		var req wire.Request
		return wire.EntryRequest, body, req.Parse(body) == nil
	case wire.KindTick:
		_, err = wire.ParseTick(body)
		return wire.EntryTick, body, err == nil
	}
	return 0, nil, false
}

// buffer stores a message behind a gap in the window.
func (c *Core) buffer(slot uint64, kind wire.EntryKind, body []byte) {
	c.view.high = max(c.view.high, slot)
	if slot > c.log.end+c.view.window.size() || c.view.window.bytes > c.cfg.MaxLogSize/4 {
		return // treated as lost, and fetched when the window reaches it
	}
	if cell := c.view.window.at(slot); cell.state == cellMissing {
		c.view.window.fill(cell, kind, body)
	}
}

// advance moves the messages at the front of the window, up to the next gap, to the log.
func (c *Core) advance() {
	for c.view.high > c.log.end {
		slot := c.log.end + 1
		cell := c.view.window.peek(slot)
		if cell == nil || cell.state == cellMissing {
			break
		}
		session, number := c.durable.View.Session, slot-c.base
		if cell.state == cellNoOp {
			c.append(wire.EntryNoOp, session, number, nil)
		} else {
			c.append(cell.kind, session, number, cell.payload)
		}
		c.view.window.clear(cell)
	}
	c.progress()
	if c.phase == phaseNormal && c.rx.NextNumber()+c.base <= c.log.end {
		// The receiver still waits for messages that came from a peer.
		c.rx.Listen(c.durable.View.Session, c.log.end-c.base+1)
		c.drain()
	}
}

// append appends an entry to the log, in status normal.
func (c *Core) append(kind wire.EntryKind, session uint32, number uint64, payload []byte) {
	slot := c.log.end + 1
	if slot <= c.base || session != c.durable.View.Session || number != slot-c.base {
		c.fail("entry of session %d, number %d for slot %d with base %d", session, number, slot, c.base)
	}
	c.log.append(kind, session, number, payload)
	c.view.high = max(c.view.high, slot)
	switch kind {
	case wire.EntryTick:
		c.observeTime(payload)
	case wire.EntryRequest:
		if !c.isLeader() {
			c.replyLogged(slot, payload)
		}
	}
}

// progress continues what waits for the log to grow.
func (c *Core) progress() {
	if c.phase != phaseNormal {
		return
	}
	if c.isLeader() {
		c.executeLeader()
		return
	}
	c.acknowledgeNoOps()
	c.trySync()
}

// parseRequest parses a request in the log, which parsed when it arrived.
func (c *Core) parseRequest(slot uint64, body []byte) (req wire.Request) {
	if err := req.Parse(body); err != nil {
		c.fail("request in slot %d does not parse: %v", slot, err)
	}
	return req
}

// replyLogged sends a follower's REPLY to a request in its log.
func (c *Core) replyLogged(slot uint64, body []byte) {
	req := c.parseRequest(slot, body)
	c.reply(slot, &req, wire.StatusLogged, nil)
}

// reply sends a REPLY, in several parts if the result is longer than a datagram.
func (c *Core) reply(slot uint64, req *wire.Request, status wire.Status, result []byte) {
	if !req.ReplyTo.IsValid() || req.ReplyTo.Port() == 0 {
		return
	}
	part := c.cfg.MTU - wire.ReplyOverhead
	m := wire.Reply{
		View: c.durable.View, Slot: slot, Client: req.Client, ID: req.ID,
		Replica: uint16(c.cfg.Self), Incarnation: c.durable.Incarnation,
		Status: status, Total: uint32(len(result)),
	}
	for offset := 0; ; offset += part {
		m.Offset = uint32(offset)
		m.Part = result[offset:min(offset+part, len(result))]
		at := len(c.buf)
		c.buf = wire.AppendReply(c.buf, &m)
		c.buf = c.cfg.Keys.Client.Seal(c.buf, at)
		c.effects = append(c.effects, Effect{Kind: EffectClient, Addr: req.ReplyTo, Data: c.buf[at:len(c.buf):len(c.buf)]})
		if offset+part >= len(result) {
			return
		}
	}
}

// full reports whether the log has reached its bounds. A full replica drops stamped messages, as if the network
// had lost them, until synchronization makes room.
func (c *Core) full() bool {
	return c.log.len() >= c.cfg.MaxLog || c.log.bytes >= c.cfg.MaxLogSize
}

// dropAsFull drops a message; the leader tells its client.
func (c *Core) dropAsFull(slot uint64, kind wire.EntryKind, body []byte) {
	c.counters.Full++
	c.view.high = max(c.view.high, slot)
	c.scheduleGaps()
	if kind == wire.EntryRequest && c.isLeader() {
		req := c.parseRequest(slot, body)
		c.reply(slot, &req, wire.StatusFull, nil)
	}
}
