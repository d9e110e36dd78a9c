package replica

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/netordered/nopaxos/replica/wire"
)

// clientTable gives at-most-once execution. It is replicated state: a function of the executed
// prefix of the log alone, changed by executing and by nothing else, rolled back with the state
// machine and carried in snapshots.
//
// Results below a client's low are kept until the operation that raised it is stable, so that
// taking that operation back finds them again.
type clientTable struct {
	maxClients int
	time       uint64 // logical time: the highest of the TICKs executed
	bytes      int    // of the results at or above their client's low
	byID       map[uint64]*client
	order      []*client // ascending ids
	journal    journal
}

// maxResultBytes bounds what the stored results take: beyond it the least recently used client is
// evicted, like when there are too many of them.
const maxResultBytes = 64 << 20

type client struct {
	id        uint64
	low       uint64 // the highest lowest-outstanding id executed so far
	stableLow uint64 // low as of the sync point: results from here on may be needed
	used      uint64 // slot of the client's last executed request
	results   []result
}

// result is an executed request; an unused cell of the ring has id 0.
type result struct {
	id     uint64
	status wire.Status
	data   []byte
}

// change is what executing a slot changed, so that it can be taken back.
type change struct {
	slot    uint64
	time    uint64  // logical time before
	bytes   int     // the table's bytes before
	client  *client // that was looked up, created or evicted; nil if none was
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

func newClientTable(maxClients int) clientTable {
	return clientTable{maxClients: maxClients, byID: make(map[uint64]*client)}
}

// begin opens the change that executing slot makes.
func (t *clientTable) begin(slot uint64) *change {
	ch := t.journal.push()
	ch.slot, ch.time, ch.bytes = slot, t.time, t.bytes
	return ch
}

// register adds a client whose id is the slot of its REGISTER.
func (t *clientTable) register(slot uint64) {
	if len(t.order) >= t.maxClients {
		t.evict(slot, nil)
	}
	ch := t.begin(slot)
	ch.client = &client{id: slot, low: 1, stableLow: 1, used: slot}
	ch.created = true
	t.add(ch.client)
}

// evict removes the least recently used client other than keep, if there is one.
func (t *clientTable) evict(slot uint64, keep *client) bool {
	var victim *client
	for _, c := range t.order {
		if c != keep && (victim == nil || c.used < victim.used) {
			victim = c
		}
	}
	if victim == nil {
		return false
	}
	ch := t.begin(slot)
	ch.client, ch.evicted = victim, true
	for i := range victim.results {
		if r := &victim.results[i]; r.id >= victim.low {
			t.bytes -= len(r.data)
		}
	}
	t.remove(victim)
	return true
}

// use notes that a request of c is executed at slot, and that the client waits for none below low.
func (t *clientTable) use(slot uint64, c *client, low uint64) *change {
	ch := t.begin(slot)
	ch.client, ch.low, ch.used = c, c.low, c.used
	c.used = slot
	if low > c.low {
		// Ids are at most MaxOutstanding above low, so no result stands behind that.
		for id := c.low; id < low && id-c.low < wire.MaxOutstanding; id++ {
			if r := c.lookup(id); r != nil {
				t.bytes -= len(r.data)
			}
		}
		c.low = low
	}
	return ch
}

// stored accounts for a result that has been put, and evicts others if there is too much.
func (t *clientTable) stored(slot uint64, c *client, r *result) {
	t.bytes += len(r.data)
	for t.bytes > maxResultBytes && t.evict(slot, c) {
	}
}

func (t *clientTable) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(t.order, id, func(c *client, id uint64) int {
		switch {
		case c.id < id:
			return -1
		case c.id > id:
			return 1
		}
		return 0
	})
}

func (t *clientTable) add(c *client) {
	i, _ := t.find(c.id)
	t.order = slices.Insert(t.order, i, c)
	t.byID[c.id] = c
}

func (t *clientTable) remove(c *client) {
	i, _ := t.find(c.id)
	t.order = slices.Delete(t.order, i, i+1)
	delete(t.byID, c.id)
}

// lookup returns the stored result of a request, or nil.
func (c *client) lookup(id uint64) *result {
	if len(c.results) == 0 {
		return nil
	}
	if r := &c.results[id&uint64(len(c.results)-1)]; r.id == id {
		return r
	}
	return nil
}

// put returns the cell for the result of a request, its data emptied.
func (c *client) put(id uint64) *result {
	for {
		if n := uint64(len(c.results)); n > 0 {
			r := &c.results[id&(n-1)]
			if r.id == 0 || r.id < c.stableLow {
				r.id, r.data = id, r.data[:0]
				return r
			}
		}
		c.grow()
	}
}

func (c *client) grow() {
	ring := make([]result, max(4, 2*len(c.results)))
	for _, r := range c.results {
		if r.id >= c.stableLow {
			ring[r.id&uint64(len(ring)-1)] = r
		}
	}
	c.results = ring
}

// undo takes back every change behind slot, the newest first.
func (t *clientTable) undo(slot uint64) {
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
				c.lookup(ch.id).id = 0
			}
			c.low, c.used = ch.low, ch.used
		}
		*ch = change{}
		j.next--
	}
}

// release forgets how to take back what was executed at or below slot.
func (t *clientTable) release(slot uint64) {
	for j := &t.journal; j.len() > 0; j.first++ {
		ch := j.at(j.first)
		if ch.slot > slot {
			return
		}
		if c := ch.client; c != nil {
			// What the change raised low to is not written down. The low before it is a bound
			// too, one request late.
			c.stableLow = max(c.stableLow, ch.low)
		}
		*ch = change{}
	}
}

// appendTo encodes logical time and the table as they are now, without what low has passed.
func (t *clientTable) appendTo(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, t.time)
	b = binary.BigEndian.AppendUint32(b, uint32(len(t.order)))
	for _, c := range t.order {
		b = binary.BigEndian.AppendUint64(b, c.id)
		b = binary.BigEndian.AppendUint64(b, c.low)
		b = binary.BigEndian.AppendUint64(b, c.used)
		live := c.live()
		b = binary.BigEndian.AppendUint32(b, uint32(len(live)))
		for _, r := range live {
			b = binary.BigEndian.AppendUint64(b, r.id)
			b = append(b, byte(r.status))
			b = binary.BigEndian.AppendUint32(b, uint32(len(r.data)))
			b = append(b, r.data...)
		}
	}
	return b
}

// live returns the results at or above low in the order of their ids.
func (c *client) live() []result {
	var live []result
	for _, r := range c.results {
		if r.id != 0 && r.id >= c.low {
			live = append(live, r)
		}
	}
	slices.SortFunc(live, func(a, b result) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	return live
}

var errClientTable = errors.New("replica: client table in the snapshot is cut short or inconsistent")

// parse replaces the table by an encoded one and returns what follows it.
func (t *clientTable) parse(b []byte) ([]byte, error) {
	fresh := newClientTable(t.maxClients)
	take := func(n int) []byte {
		if b == nil || n < 0 || n > len(b) {
			b = nil
			return make([]byte, 8)
		}
		v := b[:n:n]
		b = b[n:]
		return v
	}
	u32 := func() uint32 { return binary.BigEndian.Uint32(take(4)) }
	u64 := func() uint64 { return binary.BigEndian.Uint64(take(8)) }
	fresh.time = u64()
	for n := u32(); n > 0 && b != nil; n-- {
		c := &client{id: u64(), low: u64(), used: u64()}
		c.stableLow = c.low
		for k := u32(); k > 0 && b != nil; k-- {
			id, status, size := u64(), wire.Status(take(1)[0]), int(u32())
			data := take(size)
			if b == nil || id < c.low || id-c.low >= wire.MaxOutstanding {
				return nil, errClientTable
			}
			r := c.put(id)
			r.status, r.data = status, append(r.data, data...)
			fresh.bytes += len(data)
		}
		if k := len(fresh.order); k > 0 && fresh.order[k-1].id >= c.id {
			return nil, errClientTable
		}
		fresh.add(c)
	}
	if b == nil {
		return nil, errClientTable
	}
	*t = fresh
	return b, nil
}
