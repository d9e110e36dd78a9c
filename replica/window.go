package replica

import (
	"math/bits"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// cellState is the state of a slot behind the end of the log.
type cellState uint8

const (
	cellMissing cellState = iota // nothing
	cellEntry                    // the message is here and waits for one before it
	cellNoOp                     // the leader decided NO-OP
)

// cell is a slot behind the end of the log.
type cell struct {
	slot    uint64 // that uses the cell
	state   cellState
	kind    wire.EntryKind
	since   time.Duration // when decideNoOps first saw that the receiver had dropped it; 0 if it has not
	asked   time.Duration // when it was last requested; 0 if never
	lacking set           // peers that answered that they lack it
	payload []byte
}

// window holds the slots (end, end+size] behind the log of a replica in status normal: messages that wait for one
// before them, and the state of the repair of missing ones. A message outside is treated as lost and requested when
// the window reaches it.
//
// The OUM receiver has a ring of its own, because the two wait for different things. The receiver holds datagrams as
// they arrived, by number, until the one before has arrived or its grace period is over, and those of a session that
// the replica has yet to enter. Then it delivers what follows a dropped number, as OUM requires (OSDI 2016 §3.2),
// while NOPaxos must wait for the outcome of gap agreement. What waits for that has a slot and was authenticated; it
// may come from a peer, or be a NO-OP, which are no datagrams; and its repair state ends with the view.
type window struct {
	cells []cell
	bytes int
}

func newWindow(size uint64) window { return window{cells: make([]cell, size)} }

func (w *window) size() uint64 { return uint64(len(w.cells)) }

// at returns the cell of a slot in (end, end+size], cleared if another slot used it.
func (w *window) at(slot uint64) *cell {
	c := &w.cells[slot&(w.size()-1)]
	if c.slot != slot {
		w.clear(c)
		c.slot = slot
	}
	return c
}

// peek returns the cell of a slot, or nil if the slot does not use it.
func (w *window) peek(slot uint64) *cell {
	if c := &w.cells[slot&(w.size()-1)]; c.slot == slot {
		return c
	}
	return nil
}

// keepCell is the largest payload buffer, in bytes, that a cleared cell keeps.
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

// fill stores a message in a cell that has none.
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
