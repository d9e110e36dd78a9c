package isolated

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/lab/baseline"
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// network connects the peers with each other in memory, and with the server through link.
type network struct {
	peers []*peer // by replica number; nil at the server's
	// link sends a frame of a peer to the server.
	link func(from *peer, b []byte)
	mail []letter // frames between peers
	err  error    // of a peer that has stopped
}

// letter is a frame on its way to a peer.
type letter struct {
	to   *peer
	data []byte
	bulk bool
}

// peer is a replica whose event loop the generator runs. It is the network and the process of that loop.
type peer struct {
	handler transport.Handler
	route   func(now time.Duration, session uint32) // nil: the system has no sessions
	index   int
	addr    netip.AddrPort
	server  netip.AddrPort
	net     *network
	posts   []func(now time.Duration)
}

var (
	_ transport.Network = (*peer)(nil)
	_ replicaloop.Host  = (*peer)(nil)
)

// newPeer creates the replica with a number in a group of the server's configuration.
func newPeer(s *role.Spec, index int, server netip.AddrPort, n *network) (*peer, error) {
	p := &peer{index: index, addr: s.Replicas[index].UDP, server: server, net: n}
	keys, err := wire.DeriveKeys(s.Key)
	if err != nil {
		return nil, err
	}
	machine, err := role.NewMachine(s.Machine)
	if err != nil {
		return nil, err
	}
	mesh := replicaloop.Mesh{Network: p, Peers: s.Peers(), Self: index, MTU: s.MTU}
	if s.System == role.SystemNOPaxos {
		core, err := replica.New(replica.Config{N: len(s.Replicas), Self: index, Group: s.Group, Keys: keys, MTU: s.MTU, Timing: s.Timing()}, replica.Bootstrap(), machine)
		if err != nil {
			return nil, err
		}
		loop := replicaloop.New(core, s.Group, mesh, p)
		p.handler = loop
		p.route = func(now time.Duration, session uint32) { loop.Route(now, session, netip.AddrPort{}) }
		return p, nil
	}
	system, err := baseline.ParseSystem(s.System)
	if err != nil {
		return nil, err
	}
	cfg := baseline.Config{System: system, Self: index, Replicas: s.Peers(), Keys: keys, StateMachine: machine, Batch: s.Batch}
	cfg.Core.MTU, cfg.Core.Timing = s.MTU, s.Timing()
	core, err := baseline.NewCore(cfg)
	if err != nil {
		return nil, err
	}
	p.handler = node.New(core, mesh, p)
	return p, nil
}

// turn runs what is due and sends the output.
func (p *peer) turn(now time.Duration) {
	posts := p.posts
	p.posts = nil
	for _, f := range posts {
		f(now)
	}
	if p.handler.Deadline() <= now {
		p.handler.Tick(now)
	}
	p.handler.Flush(now)
}

// deliver passes on the frames between peers, and those that they cause.
func (n *network) deliver(now time.Duration) {
	for len(n.mail) > 0 {
		mail := n.mail
		n.mail = nil
		for _, l := range mail {
			if l.bulk {
				l.to.handler.Bulk(now, l.data)
			} else {
				l.to.handler.Datagram(now, netip.AddrPort{}, l.data)
			}
			l.to.handler.Flush(now)
		}
	}
}

// Send sends a frame to the server or to another peer. Replies to clients are lost: only the server's count.
func (p *peer) Send(to netip.AddrPort, b []byte) { p.send(to, b, false) }

// SendBulk is Send for a frame that is longer than a datagram. The server cannot get any.
func (p *peer) SendBulk(to netip.AddrPort, b []byte) {
	if to == p.server {
		p.Fail(fmt.Errorf("a frame of %d bytes for the server, expected none longer than a datagram", len(b)))
		return
	}
	p.send(to, b, true)
}

func (p *peer) send(to netip.AddrPort, b []byte, bulk bool) {
	if to == p.server {
		p.net.link(p, b)
		return
	}
	for _, other := range p.net.peers {
		if other != nil && other.addr == to {
			p.net.mail = append(p.net.mail, letter{other, append([]byte(nil), b...), bulk})
			return
		}
	}
}

// LocalAddr returns the peer's address.
func (p *peer) LocalAddr() netip.AddrPort { return p.addr }

// Aside runs the work at once.
func (p *peer) Aside(work func() func(now time.Duration)) { p.posts = append(p.posts, work()) }

// Fail ends the measurement.
func (p *peer) Fail(err error) {
	if p.net.err == nil {
		p.net.err = fmt.Errorf("replica %d of the generator: %w", p.index, err)
	}
}

// Save does nothing: the peer does not restart.
func (p *peer) Save(replica.Record) error { return nil }

// Report does nothing: there is no controller.
func (p *peer) Report(uint32) {}

// Publish does nothing.
func (p *peer) Publish(replica.Status) {}
