package client

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/transport"
)

// loop drives the core from the transport's event loop. Flush carries out the effects of a whole batch.
type loop struct {
	core    *clientcore.Core
	network transport.Network
	courier clientcore.Courier
	calls   callTable
	orders  []order // taken from Client.queue
}

var _ transport.Handler = (*loop)(nil)

// Datagram takes the answer of a replica.
func (l *loop) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { l.core.Reply(now, b) }

// Bulk does nothing: clients have no bulk channel.
func (l *loop) Bulk(time.Duration, []byte) {}

// Tick retransmits the requests that are due.
func (l *loop) Tick(now time.Duration) { l.core.Tick(now) }

// Deadline returns when Tick is next needed.
func (l *loop) Deadline() time.Duration { return l.core.Deadline() }

// Flush carries out the core's effects.
func (l *loop) Flush(time.Duration) {
	effects := l.core.Effects()
	for i := range effects {
		e := &effects[i]
		switch e.Kind {
		case clientcore.EffectGroup:
			l.courier.Send(l.network, e)
		case clientcore.EffectDone:
			k := l.calls.remove(e.Tag)
			if e.Err == nil {
				k.result = append(k.result, e.Result...)
			}
			k.finish(e.Err)
		}
	}
	l.core.ClearEffects()
}

// invoke hands a call to the core.
func (l *loop) invoke(now time.Duration, k *call) {
	l.calls.add(k)
	ticket, err := l.core.Invoke(now, k.tag, k.op)
	if err != nil {
		l.calls.remove(k.tag)
		k.finish(err)
		return
	}
	k.ticket = ticket
}

// cancel abandons a call that has no outcome.
func (l *loop) cancel(now time.Duration, k *call) {
	if !k.finished {
		l.abandon(now, k, k.cause)
	}
}

func (l *loop) abandon(now time.Duration, k *call, cause error) {
	obstacle := l.obstacle()
	transmissions, ok := l.core.Cancel(now, k.ticket)
	if !ok {
		return // the request is complete, and Flush finishes the call
	}
	l.calls.remove(k.tag)
	if transmissions == 0 {
		k.finish(notSent(cause, obstacle))
		return
	}
	k.finish(abandoned(cause, transmissions))
}

// obstacle describes why a request waits to be sent.
func (l *loop) obstacle() string {
	if obstacle := l.courier.Obstacle(); obstacle != "" {
		return obstacle
	}
	if !l.core.Registered() {
		return "the group has not answered the client's REGISTER"
	}
	return "the window of requests in flight is full"
}

// shut finishes all calls after the loop has ended.
func (l *loop) shut(cause error) {
	l.Flush(0)
	l.core.Stop()
	for _, k := range l.calls.byTag {
		if k != nil {
			l.abandon(0, k, cause)
		}
	}
}
