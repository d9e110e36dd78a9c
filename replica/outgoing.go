package replica

import (
	"math"
	"runtime"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// outgoing is a snapshot on its way to another replica. Its encoding is produced as the other replica fetches it,
// one chunk at a time and never held as a whole. A fetch that starts over, or asks for an earlier chunk than the
// newest, encodes the snapshot again: its encodings are equal. It keeps its snapshot until it ends, whichever newer ones
// the replica takes: a transfer that had to start over for each of them would never end.
type outgoing struct {
	snapshot *snapshot
	usedAt   time.Duration // when a chunk was last requested or sent
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
	o := c.peers[from].outgoing
	if o != nil && o.snapshot.slot == m.Slot {
		s = o.snapshot
	}
	if s.slot != m.Slot {
		offset = 0
	}
	if o != nil {
		o.usedAt = c.now
	}
	switch {
	case o == nil || o.snapshot != s || !o.busy && offset < o.part.offset:
		c.dropOutgoing(from)
		o = newOutgoing(s, c.cfg.Chunk)
		o.usedAt = c.now
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
	o.usedAt = c.now
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
		if o := c.peers[i].outgoing; o != nil && c.now-o.usedAt >= keepOutgoing {
			c.dropOutgoing(i)
		}
	}
}

// keepOutgoing is how long a transfer is kept after the last request.
const keepOutgoing = time.Second

// oldestOutgoing returns the lowest slot of a snapshot that another replica is fetching; the highest number if none is.
func (c *Core) oldestOutgoing() uint64 {
	oldest := uint64(math.MaxUint64)
	for i := range c.peers {
		if o := c.peers[i].outgoing; o != nil {
			oldest = min(oldest, o.snapshot.slot)
		}
	}
	return oldest
}
