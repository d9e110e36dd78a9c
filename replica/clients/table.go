package clients

import (
	"cmp"
	"slices"

	"github.com/netordered/nopaxos/replica/wire"
)

// Table provides at-most-once execution. It is replicated state: it depends on the executed prefix of the log
// only, rolls back with the state machine and is part of snapshots.
//
// Results below a client's low are kept until the operation that raised low is stable, because undoing that
// operation needs them.
type Table struct {
	maxClients int
	time       uint64 // logical time: the highest of the TICKs executed
	bytes      int    // cost of the results at or above their client's low, see result.cost
	byID       map[uint64]*client
	order      []*client // ascending ids
	journal    journal
	buffers    [][]byte // empty buffers for results
	result     []byte   // scratch for the state machine
}

// The replicated state is a function of these limits, except maxBuffers: see the constants of package replica/wire.
const (
	// maxResultBytes bounds the memory of stored results. Beyond it the least recently used client is evicted, as
	// when there are too many clients.
	maxResultBytes = 64 << 20
	// resultOverhead is the memory of a stored result without its data, in bytes, rounded up.
	resultOverhead = 64
	// keepResult is the largest result, in bytes, kept for an id below low, and the largest buffer that is
	// reused. No client waits for such a result; the entry only prevents a second execution.
	keepResult = 1 << 10
	// maxBuffers bounds the number of empty buffers.
	maxBuffers = 1 << 12
)

type client struct {
	id        uint64
	low       uint64   // the highest lowest-outstanding id executed so far
	stableLow uint64   // at most low as of the sync point: results from here on may be needed
	used      uint64   // slot of the client's last executed request
	results   []result // by id; those before head are removed
	head      int
}

// result is an executed request.
type result struct {
	id     uint64
	status wire.Status
	size   int    // length of the result when it was stored
	data   []byte // empty, with StatusTooLarge, if it was not kept
}

// cost returns the share of a result in Table.bytes, which is the same at every replica.
func (r *result) cost() int { return r.size + resultOverhead }

// New returns an empty table for at most maxClients clients.
func New(maxClients int) Table {
	return Table{maxClients: maxClients, byID: make(map[uint64]*client)}
}

// begin adds a change for the execution of slot.
func (t *Table) begin(slot uint64) *change {
	ch := t.journal.push()
	ch.slot, ch.time, ch.bytes = slot, t.time, t.bytes
	return ch
}

// register adds a client. Its id is the slot of its REGISTER.
func (t *Table) register(slot uint64) {
	if len(t.order) >= t.maxClients {
		t.evict(slot, nil)
	}
	ch := t.begin(slot)
	ch.client = &client{id: slot, low: 1, stableLow: 1, used: slot}
	ch.created = true
	t.add(ch.client)
}

// evict removes the least recently used client other than keep, if there is one.
func (t *Table) evict(slot uint64, keep *client) bool {
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

// use notes that a request of c is executed at slot and that the client waits for no request below low.
func (t *Table) use(slot uint64, c *client, low uint64) *change {
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

// stored accounts for a new result and evicts other clients if results take too much memory.
func (t *Table) stored(slot uint64, c *client, r *result) {
	r.size = len(r.data)
	t.bytes += r.cost()
	for t.bytes > maxResultBytes && t.evict(slot, c) {
	}
}

func (t *Table) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(t.order, id, func(c *client, id uint64) int { return cmp.Compare(c.id, id) })
}

func (t *Table) add(c *client) {
	i, _ := t.find(c.id)
	t.order = slices.Insert(t.order, i, c)
	t.byID[c.id] = c
}

func (t *Table) remove(c *client) {
	i, _ := t.find(c.id)
	t.order = slices.Delete(t.order, i, i+1)
	delete(t.byID, c.id)
}

// search returns the index of the first result whose id is at least id. Most clients number their requests
// without holes, so the id gives the index.
func (c *client) search(id uint64) int {
	live := c.results[c.head:]
	n := len(live)
	switch {
	case n == 0 || id <= live[0].id:
		return c.head
	case id > live[n-1].id:
		return len(c.results)
	}
	if i := id - live[0].id; i < uint64(n) && live[i].id == id {
		return c.head + int(i)
	}
	i, _ := slices.BinarySearchFunc(live, id, func(r result, id uint64) int { return cmp.Compare(r.id, id) })
	return c.head + i
}

// lookup returns the stored result of a request, or nil.
func (c *client) lookup(id uint64) *result {
	if i := c.search(id); i < len(c.results) && c.results[i].id == id {
		return &c.results[i]
	}
	return nil
}

// put adds an empty result for a request that has none. The pointer is valid until the next put.
func (t *Table) put(c *client, id uint64) *result {
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

// drop removes the result at index i: the first one, or any when an execution is undone.
func (t *Table) drop(c *client, i int) {
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

// live returns the results with ids of at least low.
func (c *client) live() []result { return c.results[c.search(c.low):] }
