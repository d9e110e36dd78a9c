package replicaloop

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// PublishInterval is the time between two calls of Host.Publish.
const PublishInterval = 50 * time.Millisecond

// Loop is a replica as the transport's event loop sees it.
type Loop struct {
	host    Host
	core    *replica.Core
	mesh    Mesh
	sender  *oumlib.Sender
	out     []byte // the OUM datagram being sent
	started bool
	stopped bool
	publish time.Duration // when the status is due for publication
}

var _ transport.Handler = (*Loop)(nil)

// New returns the event loop of a core of a group.
func New(core *replica.Core, group uint32, mesh Mesh, host Host) *Loop {
	return &Loop{host: host, core: core, mesh: mesh, sender: oumlib.NewSender(group, mesh.MTU)}
}

// Route sets where the group's messages go in a session, as the controller announced it. It must be called on the loop.
func (l *Loop) Route(now time.Duration, session uint32, sequencer netip.AddrPort) {
	l.sender.SetAddr(sequencer)
	l.core.Session(now, session)
}

// Datagram takes a stamped message or a frame of another replica.
func (l *Loop) Datagram(now time.Duration, _ netip.AddrPort, b []byte) {
	if wire.IsFrame(b) {
		l.core.Message(now, b)
		return
	}
	l.core.Stamped(now, b)
}

// Bulk takes a frame that is longer than a datagram.
func (l *Loop) Bulk(now time.Duration, b []byte) { l.core.Message(now, b) }

// Tick starts the core on the first call and ticks it on every later one.
func (l *Loop) Tick(now time.Duration) {
	if !l.started {
		l.started = true
		l.core.Start(now)
		return
	}
	l.core.Tick(now)
}

// Deadline returns the earlier of the core's deadline and the next publication of the status.
func (l *Loop) Deadline() time.Duration {
	if !l.started || l.stopped {
		return monotime.Never
	}
	return min(l.core.Deadline(), l.publish)
}

// Flush carries out the core's effects.
func (l *Loop) Flush(now time.Duration) {
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
		l.publish = now + PublishInterval
		l.host.Publish(l.core.Status())
	}
}

// stop ends the replica for good: nothing that it could still send would be trustworthy.
func (l *Loop) stop(err error) {
	l.stopped = true
	l.host.Publish(l.core.Status())
	l.host.Fail(err)
}

func (l *Loop) carryOut(e *replica.Effect) error {
	switch e.Kind {
	case replica.EffectReplica:
		l.mesh.Send(e.To, e.Data)
	case replica.EffectReplicas:
		l.mesh.Broadcast(e.Data)
	case replica.EffectClient:
		l.mesh.Network.Send(e.Addr, e.Data)
	case replica.EffectGroup:
		l.multicast(e.Data)
	case replica.EffectPersist:
		return l.host.Save(*e.Record)
	case replica.EffectReport:
		l.host.Report(e.Session)
	case replica.EffectWork:
		w := e.Work
		l.host.Aside(func() func(now time.Duration) {
			w.Run()
			return func(now time.Duration) { l.core.Finished(now, w) }
		})
	default:
		return fmt.Errorf("replicaloop: effect %d of the core is unknown", e.Kind)
	}
	return nil
}

// multicast sends a frame to the group. It loses the frame, like the network may, while no sequencer is known.
func (l *Loop) multicast(frame []byte) {
	addr := l.sender.Addr()
	if !addr.IsValid() {
		return
	}
	if datagram, err := l.sender.Append(l.out[:0], frame); err == nil {
		l.out = datagram
		l.mesh.Network.Send(addr, datagram)
	}
}
