package vr

import "github.com/netordered/nopaxos/replica/wire"

// RequestID identifies a client's request.
type RequestID struct {
	Client wire.ClientID
	ID     uint64
}

// IDOf returns a request's identity.
func IDOf(req *wire.Request) RequestID { return RequestID{Client: req.Client, ID: req.ID} }

// Index maps logged requests that are not executed yet to their slots, so that a retransmission gets no second slot.
// It is a hash table with linear probing that allocates only to grow.
type Index struct {
	cells []indexCell // its length is a power of two
	len   int
}

type indexCell struct {
	id   RequestID
	slot uint64 // 0 if the cell is empty
}

// NewIndex returns an empty index.
func NewIndex() Index { return Index{cells: make([]indexCell, 1<<8)} }

// home is the first cell in the search for a request. The constants are those of SplitMix64 (Steele et al., OOPSLA
// 2014).
func (x *Index) home(id RequestID) int {
	h := (id.Client.Lo^id.Client.Hi*0x9e3779b97f4a7c15)*0xbf58476d1ce4e5b9 + id.ID
	h = (h ^ h>>30) * 0x94d049bb133111eb
	h ^= h >> 31
	return int(h & uint64(len(x.cells)-1))
}

func (x *Index) next(i int) int { return (i + 1) & (len(x.cells) - 1) }

// Slot returns the slot of a request, or 0.
func (x *Index) Slot(id RequestID) uint64 {
	for i := x.home(id); x.cells[i].slot != 0; i = x.next(i) {
		if x.cells[i].id == id {
			return x.cells[i].slot
		}
	}
	return 0
}

// Put sets the slot of a request.
func (x *Index) Put(id RequestID, slot uint64) {
	if 2*x.len >= len(x.cells) {
		x.grow()
	}
	i := x.home(id)
	for x.cells[i].slot != 0 && x.cells[i].id != id {
		i = x.next(i)
	}
	if x.cells[i].slot == 0 {
		x.len++
	}
	x.cells[i] = indexCell{id: id, slot: slot}
}

func (x *Index) grow() {
	old := x.cells
	x.cells, x.len = make([]indexCell, 2*len(old)), 0
	for _, c := range old {
		if c.slot != 0 {
			x.Put(c.id, c.slot)
		}
	}
}

// Remove removes a request if it is there, and closes the gap in the probing sequence.
func (x *Index) Remove(id RequestID) {
	i := x.home(id)
	for x.cells[i].id != id || x.cells[i].slot == 0 {
		if x.cells[i].slot == 0 {
			return
		}
		i = x.next(i)
	}
	x.len--
	mask := len(x.cells) - 1
	for j := x.next(i); x.cells[j].slot != 0; j = x.next(j) {
		if home := x.home(x.cells[j].id); (j-home)&mask >= (j-i)&mask {
			x.cells[i] = x.cells[j]
			i = j
		}
	}
	x.cells[i] = indexCell{}
}

// Clear empties the index.
func (x *Index) Clear() {
	clear(x.cells)
	x.len = 0
}
