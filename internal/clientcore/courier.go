package clientcore

import (
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/transport"
)

// Courier takes requests to the replicas. It is called on the client's event loop.
type Courier interface {
	// Send sends the request that an Effect of kind EffectGroup is about. It may lose it.
	Send(network transport.Network, e *Effect)
	// Obstacle says what keeps requests from being sent; it is empty if nothing does.
	Obstacle() string
}

// Multicast is the Courier that sends to the group through OUM: to the sequencer.
type Multicast struct {
	sender *oumlib.Sender
	out    []byte // the datagram being sent
}

// NewMulticast returns a Courier that sends where sender's address points to.
func NewMulticast(sender *oumlib.Sender) *Multicast { return &Multicast{sender: sender} }

// Send sends a request to the sequencer. Without a known sequencer that is a REGISTER, since nothing
// else is sent before it was answered; it is lost, and sent again when there is a route.
func (m *Multicast) Send(network transport.Network, e *Effect) {
	addr := m.sender.Addr()
	if !addr.IsValid() {
		return
	}
	datagram, err := m.sender.Append(m.out[:0], e.Data)
	if err != nil {
		return // Invoke has refused what does not fit
	}
	m.out = datagram
	network.Send(addr, datagram)
}

// Obstacle says so if the sequencer is not known.
func (m *Multicast) Obstacle() string {
	if m.sender.Addr().IsValid() {
		return ""
	}
	return "no controller has named the group's sequencer yet"
}
