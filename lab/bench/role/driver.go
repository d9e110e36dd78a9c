package role

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/transport"
)

// driver is the handler of a client's event loop. It begins operations according to the load and drives the asker.
type driver struct {
	asker asker
	self  int
	run   *run   // nil: no load
	uses  uint32 // number of loads so far: the high half of tags, which distinguishes operations of earlier loads
	done  func(tag uint64, err error)
	clock func() time.Duration // replaced in tests
}

func newDriver(a asker, self int) *driver {
	d := &driver{asker: a, self: self, clock: transport.Now}
	d.done = d.finish
	return d
}

var _ transport.Handler = (*driver)(nil)

// Datagram passes a datagram to the asker.
func (d *driver) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { d.asker.datagram(now, b) }

// Bulk does nothing: clients receive no bulk data.
func (d *driver) Bulk(time.Duration, []byte) {}

// Deadline returns the earlier of the deadlines of asker and load.
func (d *driver) Deadline() time.Duration {
	at := d.asker.deadline()
	if d.run != nil {
		at = min(at, d.run.wake())
	}
	return at
}

// Tick runs expired timers.
func (d *driver) Tick(now time.Duration) {
	if d.asker.deadline() <= now {
		d.asker.tick(now)
	}
	if d.run != nil {
		d.advance(now)
	}
}

// Flush carries out the asker's effects, which completes operations and begins others.
func (d *driver) Flush(time.Duration) {
	if d.run != nil {
		d.run.now = d.clock() // handling the batch took time
		d.run.count()
	}
	d.asker.flush(d.done)
	if d.run != nil && d.run.finished() {
		d.end()
	}
}

// begin begins a load.
func (d *driver) begin(now time.Duration, r *run) {
	if d.run != nil {
		d.stop(now)
	}
	d.uses++
	d.run = r
	r.start(now, d.asker.retransmissions())
	r.session = d.asker.session()
}

// stop abandons the load.
func (d *driver) stop(now time.Duration) {
	d.asker.abandon(now)
	d.run = nil
}

// end completes the result of the load.
func (d *driver) end() {
	r := d.run
	r.late()
	r.unfinished = r.open
	r.again = d.asker.retransmissions() - r.again
	d.stop(r.now)
	close(r.over)
}

// advance begins the operations that are due.
func (d *driver) advance(now time.Duration) {
	r := d.run
	r.now = now
	switch {
	case now < r.first:
	case r.load.Callers > 0 && !r.begun:
		r.begun = true
		for range r.load.Callers {
			d.invoke(now)
		}
	case r.load.Rate > 0:
		for r.due <= now && r.due < r.last {
			d.invoke(r.due)
			r.due += r.gap()
		}
	}
}

// invoke begins an operation that was due at the given time, unless the load is over.
func (d *driver) invoke(due time.Duration) {
	r := d.run
	if r.now >= r.last || r.load.Limit > 0 && r.invoked >= r.load.Limit {
		return
	}
	r.invoked++
	i := r.place()
	r.dues[i] = due
	r.op = r.work.append(r.op[:0])
	if err := d.asker.invoke(r.now, uint64(d.uses)<<32|uint64(i), r.op); err != nil {
		r.fail(i, err)
	}
}

// finish completes an operation. In a closed loop its caller begins the next.
func (d *driver) finish(tag uint64, err error) {
	r := d.run
	if r == nil || uint32(tag>>32) != d.uses {
		return
	}
	i := uint32(tag)
	if err != nil {
		r.fail(i, err)
	} else {
		r.succeed(i)
		if r.timeline != nil && r.newSession == 0 && d.asker.session() != r.session {
			r.newSession = r.now - r.from
		}
	}
	if r.load.Callers > 0 {
		d.invoke(r.now)
	}
}

// gap draws the time until the next operation of an open loop.
func (r *run) gap() time.Duration {
	return time.Duration(rand.ExpFloat64() / r.load.Rate * float64(time.Second))
}
