package clientcore

import (
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/transport"
)

// Courier sends requests to the replicas. The client's event loop calls it.
type Courier interface {
	// Send sends the request of an Effect of kind EffectGroup, and may lose it.
	Send(network transport.Network, e *Effect)
	// Obstacle describes why no requests can be sent; it is empty if they can.
	Obstacle() string
}

// Multicast is the Courier that sends to the group's sequencer (OUM).
type Multicast struct {
	sender *oumlib.Sender
	out    []byte // the datagram being sent
}

// NewMulticast returns a Courier that sends to the address of sender.
func NewMulticast(sender *oumlib.Sender) *Multicast { return &Multicast{sender: sender} }

// Send sends a request to the sequencer. While no sequencer is known, the only request is a REGISTER; Send loses it, and the core
// retransmits it when there is a route.
func (m *Multicast) Send(network transport.Network, e *Effect) {
	addr := m.sender.Addr()
	if !addr.IsValid() {
		return
	}
	datagram, err := m.sender.Append(m.out[:0], e.Data)
	if err != nil {
		return // cannot happen: Invoke refuses operations that do not fit
	}
	m.out = datagram
	network.Send(addr, datagram)
}

// Obstacle reports a sequencer that is not known.
func (m *Multicast) Obstacle() string {
	if m.sender.Addr().IsValid() {
		return ""
	}
	return "no controller has named the group's sequencer yet"
}
