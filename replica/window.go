package replica

import (
	"math/bits"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// cellState says what is known of a slot behind the end of the log.
type cellState uint8

const (
	cellMissing cellState = iota // nothing
	cellEntry                    // the message is here, something before it is not
	cellNoOp                     // the leader decided NO-OP
)

// cell is a slot behind the end of the log.
type cell struct {
	slot    uint64 // what the cell is in use for
	state   cellState
	kind    wire.EntryKind
	since   time.Duration // when it was first found to be given up by the receiver; 0 if not
	asked   time.Duration // when it was last asked for; 0 if never
	no      set           // peers that answered that they lack it
	payload []byte
}

// window is the slots (end, end+size] behind the log of a replica in status normal: messages that
// wait for one before them, and what is known of those that are missing. What falls outside is
// treated as lost, and asked for when its time has come.
type window struct {
	cells []cell
	bytes int
}

func newWindow(size uint64) window { return window{cells: make([]cell, size)} }

func (w *window) size() uint64 { return uint64(len(w.cells)) }

// at returns the cell of a slot in (end, end+size], cleared if it was in use for another one.
func (w *window) at(slot uint64) *cell {
	c := &w.cells[slot&(w.size()-1)]
	if c.slot != slot {
		w.clear(c)
		c.slot = slot
	}
	return c
}

// peek returns the cell of a slot if it is in use for it.
func (w *window) peek(slot uint64) *cell {
	if c := &w.cells[slot&(w.size()-1)]; c.slot == slot {
		return c
	}
	return nil
}

// keepCell is the largest payload buffer, in bytes, that an empty cell keeps.
const keepCell = 2 << 10

func (w *window) clear(c *cell) {
	w.bytes -= len(c.payload)
	payload := c.payload[:0]
	if cap(payload) > keepCell {
		payload = nil
	}
	*c = cell{payload: payload}
}

func (w *window) reset() {
	for i := range w.cells {
		if w.cells[i].slot != 0 {
			w.clear(&w.cells[i])
		}
	}
}

// fill puts a message into a cell that has none.
func (w *window) fill(c *cell, kind wire.EntryKind, payload []byte) {
	c.state, c.kind = cellEntry, kind
	c.payload = append(c.payload[:0], payload...)
	w.bytes += len(payload)
}

// set is a set of replicas.
type set [2]uint64

func (s *set) add(i int)     { s[i>>6] |= 1 << (i & 63) }
func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set) count() int     { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }
