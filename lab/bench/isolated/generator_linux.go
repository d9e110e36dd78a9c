package isolated

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

const (
	// clients is the number of identities that requests come from, in turn.
	clients = 4
	// session is the sequencer's.
	session = 1
	// patience bounds a silence of the server.
	patience = 5 * time.Second
	// askAgain is the time between two transmissions of a REGISTER.
	askAgain = 20 * time.Millisecond
	// checkEvery is the number of replies of which one is authenticated and parsed.
	checkEvery = 64
)

// generator plays the clients, the sequencer and the peers.
type generator struct {
	job    *Job
	spec   *role.Spec
	keys   wire.Keys
	shape  shape
	client *conn
	net    network
	links  []*conn // by replica number; nil at the server's
	held   []held  // frames of peers that are ahead of the server

	stamped   bool // requests carry the sequencer's stamp
	multicast bool // clients send to all replicas
	ahead     bool // peers take the requests of a burst before the server does
	rule      clientcore.Rule
	token     uint64
	seq       uint64 // last stamp
	ids       [clients]clientState
	turn      int // client of the next request

	mem       []byte // requests of a burst, each of size bytes
	size      int
	scratch   []byte
	total     uint64 // requests built
	done      uint64 // replies
	replySize int
	opened    clientcore.Answer // the last reply that was checked
	failure   error
}

// clientState is an identity.
type clientState struct {
	id   wire.ClientID
	last uint64 // request-id
}

// held is a frame for the server that follows from requests which the server does not have yet.
type held struct {
	from *peer
	at   uint64 // number of replies after which it is sent
	data []byte
}

// ask sends a request and returns its reply, with retransmissions.
func (g *generator) ask(req *wire.Request) (clientcore.Answer, error) {
	g.opened = clientcore.Answer{}
	began := time.Now()
	for sent := (time.Time{}); ; {
		if time.Since(began) > patience {
			return clientcore.Answer{}, fmt.Errorf("the server has not answered for %v", patience)
		}
		if time.Since(sent) > askAgain {
			sent = time.Now()
			g.mem = g.appendRequest(g.mem[:0], req)
			g.feed(transport.Now(), g.mem)
			if err := g.client.send(g.mem, len(g.mem)); err != nil {
				return clientcore.Answer{}, err
			}
		}
		_, err := g.client.receive(func(b []byte) {
			if a, ok := g.open(b); ok && a.ID == req.ID && a.Client == req.Client {
				g.opened = a
			}
		})
		if err == nil {
			_, err = g.poll()
		}
		if err != nil || g.opened.Slot != 0 {
			return g.opened, err
		}
	}
}

// register gives all clients their identities.
func (g *generator) register(replyTo netip.AddrPort) error {
	now := transport.Now()
	for _, p := range g.net.peers {
		if p == nil {
			continue
		}
		p.handler.Tick(now) // starts the replica
		p.handler.Flush(now)
		if p.route != nil {
			p.route(now, session)
			p.turn(now)
		}
	}
	for i := range g.ids {
		req := wire.Request{Register: true, Client: wire.ClientID{Hi: uint64(i) + 1, Lo: 1}, ID: 1, Low: 1, ReplyTo: replyTo}
		a, err := g.ask(&req)
		if err != nil {
			return fmt.Errorf("registration: %w", err)
		}
		if a.Status != wire.StatusRegistered && a.Status != wire.StatusLogged {
			return fmt.Errorf("registration: status %d, expected %d or %d", a.Status, wire.StatusRegistered, wire.StatusLogged)
		}
		g.ids[i].id = wire.ClientID{Lo: a.Slot}
	}
	return g.settle()
}

// settle waits until no replies to repeated registrations arrive.
func (g *generator) settle() error {
	for quiet := time.Now(); time.Since(quiet) < askAgain; {
		some, err := g.client.receive(func([]byte) {})
		if err == nil {
			_, err = g.poll()
		}
		if err != nil {
			return err
		}
		if some {
			quiet = time.Now()
		}
	}
	return nil
}

// appendRequest appends the datagram of a request.
func (g *generator) appendRequest(b []byte, req *wire.Request) []byte {
	at := len(b)
	if !g.stamped {
		return g.keys.Client.Seal(wire.AppendRequest(b, req), at)
	}
	b = oumlib.AppendHeader(b, oumlib.Header{Group: g.spec.Group})
	b = g.keys.Client.Seal(wire.AppendRequest(b, req), at+oumlib.HeaderLen)
	g.seq++
	oumlib.Stamp(b[at:], session, g.seq, g.token)
	return b
}

// prepare builds the requests of a burst. Peers that take them ahead of the server do so here.
func (g *generator) prepare(n int, replyTo netip.AddrPort, op []byte) error {
	g.mem = g.mem[:0]
	window := uint64(g.shape.window/clients) + 1
	for i := range n {
		c := &g.ids[g.turn]
		g.turn = (g.turn + 1) % clients
		c.last++
		req := wire.Request{Client: c.id, ID: c.last, Low: 1, ReplyTo: replyTo, Op: op}
		if c.last > window {
			req.Low = c.last - window
		}
		at := len(g.mem)
		g.mem = g.appendRequest(g.mem, &req)
		g.size = len(g.mem) - at
		g.total++
		if g.ahead {
			g.feed(transport.Now(), g.mem[at:])
		}
		if i%transport.DefaultBatch == 0 {
			if _, err := g.poll(); err != nil {
				return err
			}
		}
	}
	_, err := g.poll()
	return err
}

// feed passes a datagram to all peers that clients or the sequencer send to.
func (g *generator) feed(now time.Duration, datagram []byte) {
	if !g.stamped && !g.multicast {
		return
	}
	for _, p := range g.net.peers {
		if p != nil {
			g.scratch = append(g.scratch[:0], datagram...) // handlers may write to it
			p.handler.Datagram(now, netip.AddrPort{}, g.scratch)
		}
	}
}

// poll runs the peers: it takes the server's frames, and runs timers and messages among the peers.
func (g *generator) poll() (some bool, err error) {
	now := transport.Now()
	for i, p := range g.net.peers {
		if p == nil {
			continue
		}
		got, err := g.links[i].receive(func(b []byte) { p.handler.Datagram(now, p.server, b) })
		if err != nil {
			return false, err
		}
		some = some || got
		p.turn(now)
	}
	g.net.deliver(now)
	for len(g.held) > 0 && g.held[0].at <= g.done {
		h := &g.held[0]
		g.queue(h.from, h.data)
		g.held = g.held[1:]
	}
	for _, l := range g.links {
		if l != nil {
			g.fail(l.flush())
		}
	}
	g.fail(g.net.err)
	return some, g.failure
}

// link sends a frame of a peer to the server. If the peer is ahead, a frame about the synchronization of the log waits
// for the server.
func (g *generator) link(from *peer, b []byte) {
	if g.ahead {
		switch kind, err := wire.PeekKind(b); {
		case err != nil:
		case kind == wire.KindSyncPrepare, kind == wire.KindSyncCommit:
			g.held = append(g.held, held{from, g.total, append([]byte(nil), b...)})
			return
		}
	}
	g.queue(from, b)
}

func (g *generator) queue(from *peer, b []byte) { g.fail(g.links[from.index].queue(b)) }

func (g *generator) fail(err error) {
	if g.failure == nil {
		g.failure = err
	}
}

// burst sends the prepared requests and returns when all replies have arrived.
func (g *generator) burst(n int) error {
	target := g.done + uint64(n)
	sent := 0
	began := time.Now()
	idle := 0
	for g.done < target {
		some := false
		for waiting := n - sent; waiting > 0 && sent-(n-int(target-g.done))+min(waiting, g.shape.train) <= g.shape.window; waiting = n - sent {
			k := min(waiting, g.shape.train)
			train := g.mem[sent*g.size : (sent+k)*g.size]
			if err := g.client.send(train, g.size); err != nil {
				return err
			}
			if !g.ahead {
				for i := range k {
					g.feed(transport.Now(), train[i*g.size:(i+1)*g.size])
				}
			}
			sent += k
			some = true
		}
		got, err := g.client.receive(g.reply)
		if err != nil {
			return err
		}
		moved, err := g.poll()
		if err != nil {
			return err
		}
		if some || got || moved {
			idle = 0
			continue
		}
		if idle++; idle == 1 {
			began = time.Now()
		} else if idle%1024 == 0 && time.Since(began) > patience {
			return fmt.Errorf("the server has sent %d of %d replies, and none for %v", n-int(target-g.done), n, patience)
		}
	}
	return nil
}

// reply counts a reply, and checks some of them.
func (g *generator) reply(b []byte) {
	g.done++
	if g.replySize == 0 {
		g.replySize = len(b)
	}
	switch {
	case len(b) != g.replySize:
		g.fail(fmt.Errorf("a reply of %d bytes, expected all to have %d", len(b), g.replySize))
	case g.done%checkEvery == 1 && g.job.System != role.SystemEcho:
		a, ok := g.open(b)
		if want := g.wanted(); !ok || a.Status != want {
			g.fail(fmt.Errorf("a reply with status %d (authentic: %v), expected %d", a.Status, ok, want))
		}
	}
}

// wanted is the status of the measured replies: only a leader's has a result.
func (g *generator) wanted() wire.Status {
	if g.job.Follower {
		return wire.StatusLogged
	}
	return wire.StatusOK
}

// open authenticates and parses a reply.
func (g *generator) open(b []byte) (a clientcore.Answer, ok bool) {
	if g.rule.Read != nil {
		return g.rule.Read(g.keys.Client, b)
	}
	if kind, err := wire.PeekKind(b); err != nil || kind != wire.KindReply || len(b) < wire.ReplyOverhead {
		return a, false
	}
	body, ok := g.keys.Client.Open(b)
	if !ok {
		return a, false
	}
	reply, err := wire.ParseReply(body)
	a.Reply = reply
	return a, err == nil
}

// close closes the sockets.
func (g *generator) close() {
	for _, c := range append(g.links, g.client) {
		if c != nil {
			c.close()
		}
	}
}
