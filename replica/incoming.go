package replica

import (
	"bytes"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// incoming is a snapshot that arrives in chunks. Each chunk is loaded as it arrives, into a state beside the
// executed one. A transfer outlives the fetch that began it: the next fetch from the same replica continues it,
// since a stable snapshot belongs to the log of every later view.
type incoming struct {
	from        int
	incarnation uint64 // of that replica
	slot        uint64 // 0 until the first chunk arrives
	offset      uint64 // of the chunk that is due
	sum         *xxhash.Digest
	last        bool // the last chunk has arrived
	began       time.Duration
	loader      *loader
	busy        bool      // a chunk is being loaded
	pending     []byte    // the chunk behind it, which arrived meanwhile; nil if none
	loaded      *snapshot // the result; nil before
}

func (t *incoming) stop() {
	if t != nil && t.loader != nil {
		t.loader.stop()
	}
}

// maxTransferRate bounds, in bytes per second, how fast a replica fetches a snapshot, which takes CPU time from the
// other replica's event loop. Beyond transferBurst bytes, chunks wait.
const (
	maxTransferRate = 128 << 20
	transferBurst   = 1 << 20
)

// ahead returns how long the next chunk has to wait.
func (t *incoming) ahead(now time.Duration) time.Duration {
	if t.offset <= transferBurst {
		return 0
	}
	due := time.Duration(float64(t.offset-transferBurst) / maxTransferRate * float64(time.Second))
	return max(0, due-(now-t.began))
}

// due reports whether the next chunk is to be fetched now: one may arrive while the one before is loaded.
func (t *incoming) due() bool { return !t.last && t.pending == nil }

// beginTransfer continues the transfer from the fetch's replica, or begins one, of the snapshot that has to come
// before the entries.
func (c *Core) beginTransfer(f *fetch) {
	incarnation := c.peers[f.from].incarnation
	if t := c.incoming; t == nil || t.from != f.from || t.incarnation != incarnation || t.slot <= f.have {
		c.dropIncoming()
		c.incoming = &incoming{from: f.from, incarnation: incarnation}
	}
	f.transfer = c.incoming
	switch t := f.transfer; {
	case t.loaded != nil:
		c.transferred(f)
	case t.due():
		c.ask()
	default:
		f.at = monotime.Never
	}
}

func (c *Core) dropIncoming() {
	c.incoming.stop()
	c.incoming = nil
}

func (c *Core) onSnapshotChunk(from int, m *wire.SnapshotChunk) {
	f := c.view.fetch
	if !c.awaited(from, m.View, m.LastNormal, true) {
		return
	}
	t := f.transfer
	if m.Offset == 0 && m.Slot > t.slot && !t.busy {
		t.stop()
		*t = incoming{from: from, incarnation: m.Incarnation, slot: m.Slot, sum: xxhash.New(), began: c.now, loader: newLoader(c.sm, c.cfg.MaxClients)}
	}
	if m.Slot != t.slot || m.Offset != t.offset || !t.due() || len(m.Data) == 0 && !m.Last {
		return
	}
	f.tries = 0
	data := bytes.Clone(m.Data)
	_, _ = t.sum.Write(data) // never fails
	if t.sum.Sum64() != m.Sum {
		c.badSnapshot(f)
		return
	}
	c.madeProgress()
	t.offset, t.last = t.offset+uint64(len(data)), m.Last
	if t.busy {
		t.pending = data
	} else {
		c.loadChunk(t, data)
	}
	c.continueTransfer(f)
}

// continueTransfer asks for the chunk that is due, or waits until the one at hand is loaded.
func (c *Core) continueTransfer(f *fetch) {
	if f.transfer.due() {
		c.askLater(f.transfer.ahead(c.now))
	} else {
		f.at = monotime.Never
	}
}

// loadChunk loads a chunk beside the event loop. Then it continues the fetch that waits for the transfer, if there
// is one: the core may have moved on.
func (c *Core) loadChunk(t *incoming, data []byte) {
	t.busy = true
	last := t.last && t.pending == nil
	more := false
	c.startWork(func() { more = t.loader.feed(data, last) }, func() {
		t.busy = false
		if c.incoming != t {
			return
		}
		waited := !t.due()
		if b := t.pending; more && b != nil {
			t.pending = nil
			c.loadChunk(t, b)
		}
		if !more && t.loader.out.err == nil {
			t.loaded = t.loader.out.head
			t.loaded.loaded = t.loader.out
		}
		f := c.view.fetch
		switch {
		case f == nil || f.transfer != t:
			if !more && t.loaded == nil {
				c.dropIncoming()
			}
		case more:
			if waited {
				c.continueTransfer(f)
			}
		case t.loaded == nil || t.loaded.slot != t.slot:
			c.badSnapshot(f)
		default:
			c.transferred(f)
		}
	})
}

// badSnapshot starts over, later and later.
func (c *Core) badSnapshot(f *fetch) {
	c.counters.BadSnapshots++
	c.dropIncoming()
	f.transfer = nil
	f.tries = maxFetchBackOff
	f.at = c.now + c.cfg.Retransmit
}

// transferred continues a fetch whose snapshot has been loaded.
func (c *Core) transferred(f *fetch) {
	s := f.transfer.loaded
	f.transfer, c.incoming = nil, nil
	if s.slot > f.have {
		f.snapshot, f.entries = s, nil
		f.have = s.slot
	}
	c.fetched()
}
