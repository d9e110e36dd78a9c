package replica

import (
	"runtime"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// outgoing is a snapshot on its way to another replica. Its encoding is produced as the other replica fetches it,
// one chunk at a time and never held as a whole. A fetch that starts over, or asks for an earlier chunk than the
// newest, encodes the snapshot again: its encodings are equal.
type outgoing struct {
	snapshot *snapshot
	next     func() (part, bool)
	stop     func()
	part     part // the newest
	busy     bool // the next chunk is being encoded
}

func newOutgoing(s *snapshot, size int) *outgoing {
	o := &outgoing{snapshot: s}
	o.next, o.stop = pull(encode(s.view, size))
	// For a core that is dropped during the transfer. Nothing that the encoder refers to refers to o.
	runtime.AddCleanup(o, func(stop func()) { stop() }, o.stop)
	return o
}

// advance encodes up to the chunk with the byte at offset, or the last chunk.
func (o *outgoing) advance(offset uint64) {
	for more := true; more; {
		k, ok := o.next()
		if !ok {
			return
		}
		o.part = k
		more = k.err == nil && !k.last && k.end() <= offset
	}
}

// onFetchSnapshot sends a part of the requested snapshot, or the start of the newest.
func (c *Core) onFetchSnapshot(from int, m *wire.FetchSnapshot) {
	s, offset := c.snapshots.stable, m.Offset
	if p := c.snapshots.previous; p != nil && p.slot == m.Slot {
		s = p
	}
	if s.slot != m.Slot {
		offset = 0
	}
	s.usedAt = c.now
	o := c.peers[from].outgoing
	switch {
	case o == nil || o.snapshot != s || !o.busy && offset < o.part.offset:
		c.dropOutgoing(from)
		o = newOutgoing(s, c.cfg.Chunk)
		c.peers[from].outgoing = o
	case o.busy:
		return // the chunk is sent when it is encoded
	case offset < o.part.end() || o.part.last:
		c.sendChunk(from, o, offset)
		return
	}
	o.busy = true
	c.startWork(func() { o.advance(offset) }, func() {
		o.busy = false
		if o.part.err != nil {
			c.fail("encoding the snapshot at slot %d: %v", s.slot, o.part.err)
		}
		if c.peers[from].outgoing == o {
			c.sendChunk(from, o, offset)
		}
	})
}

// sendChunk sends what the newest chunk has from offset on.
func (c *Core) sendChunk(to int, o *outgoing, offset uint64) {
	k := &o.part
	if offset < k.offset || offset > k.end() {
		return // no replica has asked for bytes behind the end
	}
	o.snapshot.usedAt = c.now
	c.send(to, &wire.SnapshotChunk{
		LastNormal: c.durable.LastNormal, Slot: o.snapshot.slot, Offset: offset, Last: k.last, Sum: k.sum,
		Data: k.data[offset-k.offset:],
	})
}

// dropOutgoing ends a transfer.
func (c *Core) dropOutgoing(to int) {
	if o := c.peers[to].outgoing; o != nil {
		o.stop()
		c.peers[to].outgoing = nil
	}
}

// expireOutgoing ends the transfers that no replica goes on with, whose views would retain memory.
func (c *Core) expireOutgoing() {
	for i := range c.peers {
		if o := c.peers[i].outgoing; o != nil && c.now-o.snapshot.usedAt >= keepPrevious {
			c.dropOutgoing(i)
		}
	}
}

// keepPrevious is how long a replaced snapshot and an unfinished transfer are kept after the last request.
const keepPrevious = time.Second
