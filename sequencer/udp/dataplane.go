package udp

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/transport"
)

// maxPacketOuts bounds the packet-outs queued for the event loop.
const maxPacketOuts = 256

// Config configures a DataPlane.
type Config struct {
	Network transport.Network // sends the copies
	// Post runs a function on the event loop. Any goroutine may call it.
	Post func(func(now time.Duration))
}

// DataPlane stamps and copies datagrams. As a [transport.Handler] it belongs to one event loop. All
// datagrams of all groups pass through this loop, and a table write reaches it atomically through one
// pointer, so the session rule needs no lock. Any goroutine may call the methods of
// [sequencer.DataPlane].
type DataPlane struct {
	network transport.Network
	post    func(func(now time.Duration))

	tables   atomic.Pointer[tables]
	cells    [p4src.MaxGroups]cell
	counters counters

	mu      sync.Mutex // guards entries and serializes publish
	entries entries

	packetIn   func(port uint16, payload []byte)
	packetOuts atomic.Int32 // queued for the event loop
}

var (
	_ transport.Handler   = (*DataPlane)(nil)
	_ sequencer.DataPlane = (*DataPlane)(nil)
)

// New returns a data plane without entries.
func New(cfg Config) (*DataPlane, error) {
	switch {
	case cfg.Network == nil:
		return nil, errors.New("sequencer/udp: Config.Network is nil")
	case cfg.Post == nil:
		return nil, errors.New("sequencer/udp: Config.Post is nil")
	}
	d := &DataPlane{
		network:  cfg.Network,
		post:     cfg.Post,
		entries:  newEntries(),
		packetIn: func(uint16, []byte) {},
	}
	d.publish()
	return d, nil
}

// Datagram stamps one datagram in place and sends the copies.
func (d *DataPlane) Datagram(_ time.Duration, _ netip.AddrPort, b []byte) {
	d.counters.received.Add(1)
	h, _, err := oumlib.ParseHeader(b)
	if err != nil {
		d.drop(parseReason(err), 1)
		return
	}
	if h.Sequenced() {
		d.drop(Sequenced, 1)
		return
	}
	t := d.tables.Load()
	g := t.groups[h.Group]
	if g == nil {
		t.miss.add(len(b))
		d.drop(Group, 1)
		return
	}
	g.counter.add(len(b))
	if g.action != p4src.ActionSequence {
		d.drop(Action, 1)
		return
	}
	number, ok := g.cell.next(g.session)
	if !ok {
		d.drop(Stale, 1)
		return
	}
	oumlib.Stamp(b, g.session, number, g.token)
	d.counters.stamped.Add(1)
	d.copy(g, b)
}

// copy sends a stamped datagram to the replicas.
func (d *DataPlane) copy(g *group, b []byte) {
	if !g.multicast {
		d.drop(Multicast, 1)
		return
	}
	for _, to := range g.to {
		d.network.Send(to, b)
	}
	d.counters.copies.Add(uint64(len(g.to)))
	if g.unmatched > 0 {
		d.drop(Copy, g.unmatched)
	}
	if g.relayed > 0 {
		d.drop(Relay, g.relayed)
	}
}

func parseReason(err error) Reason {
	switch err {
	case oumlib.ErrMagic:
		return Magic
	case oumlib.ErrVersion:
		return Version
	default:
		return Short
	}
}

func (d *DataPlane) drop(r Reason, n uint64) { d.counters.drops[r].Add(n) }

// Bulk drops the message: a sequencer does not use the bulk channel.
func (d *DataPlane) Bulk(time.Duration, []byte) { d.drop(Bulk, 1) }

// Tick does nothing.
func (d *DataPlane) Tick(time.Duration) {}

// Deadline returns [monotime.Never]: a sequencer only reacts.
func (d *DataPlane) Deadline() time.Duration { return monotime.Never }

// Flush does nothing: Datagram queues the copies on the network at once.
func (d *DataPlane) Flush(time.Duration) {}
