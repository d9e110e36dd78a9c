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

// maxPacketOuts bounds the packet-outs that wait for the event loop.
const maxPacketOuts = 256

// Config is what a DataPlane is told at its start.
type Config struct {
	// Network sends the copies.
	Network transport.Network
	// Post runs a function on the event loop. It may be called from any goroutine.
	Post func(func(now time.Duration))
}

// DataPlane stamps and copies datagrams. As a [transport.Handler] it belongs to one event loop, and
// that is all that the session rule needs to hold without a lock: every datagram of every group
// passes through this loop, and a table write reaches it as a whole, through one pointer. As a
// [sequencer.DataPlane] it may be called from any goroutine.
type DataPlane struct {
	network transport.Network
	post    func(func(now time.Duration))

	tables   atomic.Pointer[tables]
	cells    [p4src.MaxGroups]cell
	counters counters

	mu      sync.Mutex // guards entries, and orders the snapshots
	entries entries

	packetIn   func(port uint16, payload []byte)
	packetOuts atomic.Int32 // waiting for the event loop
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
	if g.unclaimed > 0 {
		d.drop(Copy, g.unclaimed)
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

// Bulk drops the message: a sequencer has no use for the bulk channel.
func (d *DataPlane) Bulk(time.Duration, []byte) { d.drop(Bulk, 1) }

// Tick does nothing.
func (d *DataPlane) Tick(time.Duration) {}

// Deadline returns [monotime.Never]: a sequencer only reacts.
func (d *DataPlane) Deadline() time.Duration { return monotime.Never }

// Flush does nothing: copies are queued on the network as they are made.
func (d *DataPlane) Flush(time.Duration) {}
