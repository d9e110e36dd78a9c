package server

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// host is what a loop needs besides a network: the process around it.
type host interface {
	// save returns once the record is durable.
	save(replica.Record) error
	// report tells the controller that the sequencer of a session seems dead.
	report(session uint32)
	// publish shows the replica's status to whoever asks.
	publish(replica.Status)
	// aside runs work without holding up the loop, and then on the loop what work returns.
	aside(work func() (then func(now time.Duration)))
	// fail ends the replica for good.
	fail(error)
}

// loop is the replica as the transport's event loop sees it.
type loop struct {
	host    host
	core    *replica.Core
	network transport.Network
	sender  *oumlib.Sender
	peers   []Peer
	self    int
	mtu     int
	out     []byte // the OUM datagram being sent
	started bool
	publish time.Duration // when the status is published next
	stopped bool
}

// newLoop makes the loop of a replica that is configured as cfg and core are.
func newLoop(cfg Config, core *replica.Core, network transport.Network, h host) *loop {
	mtu := cfg.core().MTU
	return &loop{
		host: h, core: core, network: network, sender: oumlib.NewSender(cfg.Group, mtu),
		peers: cfg.Replicas, self: cfg.Self, mtu: mtu,
	}
}

var _ transport.Handler = (*loop)(nil)

// Datagram takes a stamped message or a frame of another replica.
func (l *loop) Datagram(now time.Duration, _ netip.AddrPort, b []byte) {
	if wire.IsFrame(b) {
		l.core.Message(now, b)
		return
	}
	l.core.Stamped(now, b)
}

// Bulk takes a frame that is longer than a datagram.
func (l *loop) Bulk(now time.Duration, b []byte) { l.core.Message(now, b) }

// Tick starts the core, and then is the core's.
func (l *loop) Tick(now time.Duration) {
	if !l.started {
		l.started = true
		l.core.Start(now)
		return
	}
	l.core.Tick(now)
}

// Deadline is the core's, or that of the next publication of the status.
func (l *loop) Deadline() time.Duration {
	if !l.started || l.stopped {
		return monotime.Never
	}
	return min(l.core.Deadline(), l.publish)
}

// publishInterval is between two publications of the status.
const publishInterval = 50 * time.Millisecond

// Flush carries out what the core wants.
func (l *loop) Flush(now time.Duration) {
	if l.stopped {
		return
	}
	effects := l.core.Effects()
	for i := range effects {
		if err := l.carryOut(&effects[i]); err != nil {
			l.stop(err)
			return
		}
	}
	l.core.ClearEffects()
	if err := l.core.Err(); err != nil {
		l.stop(err)
		return
	}
	if now >= l.publish {
		l.publish = now + publishInterval
		l.host.publish(l.core.Status())
	}
}

// stop ends the replica: it has nothing more to say that could be believed.
func (l *loop) stop(err error) {
	l.stopped = true
	l.host.publish(l.core.Status())
	l.host.fail(err)
}

func (l *loop) carryOut(e *replica.Effect) error {
	switch e.Kind {
	case replica.EffectReplica:
		l.send(e.To, e.Data)
	case replica.EffectReplicas:
		for i := range l.peers {
			if i != l.self {
				l.send(i, e.Data)
			}
		}
	case replica.EffectClient:
		l.network.Send(e.Addr, e.Data)
	case replica.EffectGroup:
		l.multicast(e.Data)
	case replica.EffectPersist:
		return l.host.save(*e.Record)
	case replica.EffectReport:
		l.host.report(e.Session)
	case replica.EffectSnapshot:
		l.writeSnapshot(e)
	default:
		return fmt.Errorf("server: the core wants effect %d, which the server does not know", e.Kind)
	}
	return nil
}

// send sends a frame to a replica, by the bulk channel if a datagram is too small for it.
func (l *loop) send(to int, frame []byte) {
	if len(frame) <= l.mtu {
		l.network.Send(l.peers[to].Addr, frame)
		return
	}
	l.network.SendBulk(l.peers[to].Bulk, bytes.Clone(frame))
}

// multicast sends a frame to the group. Without a known sequencer it is lost, as it may be anyway.
func (l *loop) multicast(frame []byte) {
	addr := l.sender.Addr()
	if !addr.IsValid() {
		return
	}
	if datagram, err := l.sender.Append(l.out[:0], frame); err == nil {
		l.out = datagram
		l.network.Send(addr, datagram)
	}
}

// writeSnapshot lets the state machine write while the loop goes on.
func (l *loop) writeSnapshot(e *replica.Effect) {
	slot, from := e.Slot, e.Snapshot
	l.host.aside(func() func(now time.Duration) {
		var b bytes.Buffer
		_, err := from.WriteTo(&b)
		return func(now time.Duration) { l.core.SnapshotWritten(now, slot, b.Bytes(), err) }
	})
}
