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
// What a client's low has passed is kept until the operation that raised low is stable, so that
// taking that operation back finds it again.
type clientTable struct {
	maxClients int
	time       uint64 // logical time: the highest of the TICKs executed
	bytes      int    // of the results at or above their client's low, see result.cost
	byID       map[uint64]*client
	order      []*client // ascending ids
	journal    journal
	buffers    [][]byte // for results, emptied
}

const (
	// maxResultBytes bounds what the stored results take: beyond it the least recently used client
	// is evicted, like when there are too many of them.
	maxResultBytes = 64 << 20
	// resultOverhead is what a stored result takes beside its data, in bytes, rounded up.
	resultOverhead = 64
	// keepResult is the largest result, in bytes, that is kept for an id that low has passed, and
	// the largest buffer that is used again. Nobody waits for such a result: it is there so that
	// the request is not executed again.
	keepResult = 1 << 10
	// maxBuffers bounds the buffers that wait to be used again.
	maxBuffers = 1 << 12
)

type client struct {
	id        uint64
	low       uint64   // the highest lowest-outstanding id executed so far
	stableLow uint64   // low as of the sync point, or less: results from here on may be needed
	used      uint64   // slot of the client's last executed request
	results   []result // by id; those before head are gone
	head      int
}

// result is an executed request.
type result struct {
	id     uint64
	status wire.Status
	size   int    // of the result when it was stored
	data   []byte // the result; StatusTooLarge if it was not kept
}

// cost is what a result counts for in clientTable.bytes. It is the same at every replica.
func (r *result) cost() int { return r.size + resultOverhead }

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
	for _, r := range victim.live() {
		t.bytes -= r.cost()
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
		for i := c.search(c.low); i < len(c.results) && c.results[i].id < low; i++ {
			r := &c.results[i]
			t.bytes -= r.cost()
			if cap(r.data) > keepResult {
				r.status, r.data = wire.StatusTooLarge, nil
			}
		}
		c.low = low
	}
	return ch
}

// stored accounts for a result that has been put, and evicts others if there is too much.
func (t *clientTable) stored(slot uint64, c *client, r *result) {
	r.size = len(r.data)
	t.bytes += r.cost()
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

// search returns the index of the first result whose id is at least id.
func (c *client) search(id uint64) int {
	i, _ := slices.BinarySearchFunc(c.results[c.head:], id, func(r result, id uint64) int {
		switch {
		case r.id < id:
			return -1
		case r.id > id:
			return 1
		}
		return 0
	})
	return c.head + i
}

// lookup returns the stored result of a request, or nil.
func (c *client) lookup(id uint64) *result {
	if i := c.search(id); i < len(c.results) && c.results[i].id == id {
		return &c.results[i]
	}
	return nil
}

// put makes room for the result of a request that has none. It is valid until the next put.
func (t *clientTable) put(c *client, id uint64) *result {
	if c.head > 0 && len(c.results) == cap(c.results) {
		n := copy(c.results, c.results[c.head:])
		clear(c.results[n:])
		c.results, c.head = c.results[:n], 0
	}
	r := result{id: id}
	if n := len(t.buffers); n > 0 {
		r.data = t.buffers[n-1]
		t.buffers = t.buffers[:n-1]
	}
	i := c.search(id)
	c.results = slices.Insert(c.results, i, r)
	return &c.results[i]
}

// drop removes the result at an index, the first one or, when an execution is taken back, any.
func (t *clientTable) drop(c *client, i int) {
	if b := c.results[i].data; cap(b) > 0 && cap(b) <= keepResult && len(t.buffers) < maxBuffers {
		t.buffers = append(t.buffers, b[:0])
	}
	if i > c.head {
		c.results = slices.Delete(c.results, i, i+1)
		return
	}
	c.results[i] = result{}
	if c.head++; c.head == len(c.results) {
		c.results, c.head = c.results[:0], 0
	}
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
				t.drop(c, c.search(ch.id))
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
			for c.head < len(c.results) && c.results[c.head].id < c.stableLow {
				t.drop(c, c.head)
			}
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

// live returns the results at or above low.
func (c *client) live() []result { return c.results[c.search(c.low):] }

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
			if b == nil || id < c.low || id-c.low >= wire.MaxOutstanding || c.lookup(id) != nil {
				return nil, errClientTable
			}
			r := fresh.put(c, id)
			r.status, r.size, r.data = status, size, append(r.data, data...)
			fresh.bytes += r.cost()
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
