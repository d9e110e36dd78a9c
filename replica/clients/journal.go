package clients

// change records how to undo the execution of a slot.
type change struct {
	slot    uint64
	time    uint64  // logical time before
	bytes   int     // the table's bytes before
	client  *client // that was used, created or evicted, or nil
	id      uint64  // the request-id that got a result, or 0
	low     uint64  // the client's low before
	used    uint64  // the client's used before
	created bool
	evicted bool
}

// journal is a queue of changes that reuses its memory.
type journal struct {
	ring        []change
	first, next uint64
}

func (j *journal) len() int { return int(j.next - j.first) }

func (j *journal) push() *change {
	if j.len() == len(j.ring) {
		ring := make([]change, max(64, 2*len(j.ring)))
		for i := j.first; i != j.next; i++ {
			ring[i&uint64(len(ring)-1)] = *j.at(i)
		}
		j.ring = ring
	}
	j.next++
	c := j.at(j.next - 1)
	*c = change{}
	return c
}

func (j *journal) at(i uint64) *change { return &j.ring[i&uint64(len(j.ring)-1)] }

// Undo reverts every change above slot, the newest first.
func (t *Table) Undo(slot uint64) {
	for j := &t.journal; j.len() > 0; {
		ch := j.at(j.next - 1)
		if ch.slot <= slot {
			return
		}
		t.time, t.bytes = ch.time, ch.bytes
		switch c := ch.client; {
		case c == nil:
		case ch.created:
			t.remove(c)
		case ch.evicted:
			t.add(c)
		default:
			if ch.id != 0 {
				t.drop(c, c.search(ch.id))
			}
			c.low, c.used = ch.low, ch.used
		}
		*ch = change{}
		j.next--
	}
}

// Release discards the changes at or below slot, which will not be undone.
func (t *Table) Release(slot uint64) {
	for j := &t.journal; j.len() > 0; j.first++ {
		ch := j.at(j.first)
		if ch.slot > slot {
			return
		}
		if c := ch.client; c != nil {
			// The change does not record the low that it set. The low before it is a bound, too, one request
			// behind.
			c.stableLow = max(c.stableLow, ch.low)
			for c.head < len(c.results) && c.results[c.head].id < c.stableLow {
				t.drop(c, c.head)
			}
		}
		*ch = change{}
	}
}
