package controlplane

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

// patience bounds a test's wait for an event; only a failing test waits so long.
const patience = 20 * time.Second

// testSequencer is a real P4Runtime server in front of the end-host data plane, whose datagrams go to the test instead
// of a socket.
type testSequencer struct {
	t      *testing.T
	device uint64
	addr   string
	server *sequencer.Server
	plane  *udp.DataPlane
	served chan struct{}

	mu   sync.Mutex // one datagram at a time, like an event loop
	sent []sentDatagram
}

type sentDatagram struct {
	to netip.AddrPort
	h  oumlib.Header
}

func startSequencer(t *testing.T, device uint64) *testSequencer {
	s := &testSequencer{t: t, device: device, addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(s.kill)
	return s
}

// start begins a new life of the sequencer, at the address of the one before.
func (s *testSequencer) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	if s.plane, err = udp.New(udp.Config{Network: s, Post: func(f func(time.Duration)) { f(0) }}); err != nil {
		s.t.Fatal(err)
	}
	s.server, err = sequencer.NewServer(sequencer.Config{DeviceID: s.device, DataPlane: s.plane, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	served := make(chan struct{})
	s.served = served
	server := s.server
	go func() {
		defer close(served)
		if err := server.Serve(l); err != nil {
			s.t.Error(err)
		}
	}()
}

// kill ends it: streams break, and its address refuses connections.
func (s *testSequencer) kill() {
	s.server.Stop()
	<-s.served
}

// stamp lets a message of the group through the data plane and returns the copies.
func (s *testSequencer) stamp(group uint32) []sentDatagram {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = nil
	s.plane.Datagram(0, netip.AddrPort{}, oumlib.AppendHeader(nil, oumlib.Header{Group: group}))
	return s.sent
}

func (s *testSequencer) Send(to netip.AddrPort, b []byte) {
	h, _, err := oumlib.ParseHeader(b)
	if err != nil {
		s.t.Error(err)
	}
	s.sent = append(s.sent, sentDatagram{to: to, h: h})
}

func (s *testSequencer) SendBulk(netip.AddrPort, []byte) {}
func (s *testSequencer) LocalAddr() netip.AddrPort       { return netip.AddrPort{} }

var _ transport.Network = (*testSequencer)(nil)

// testCluster is a configuration and, in turn, the controllers that run it.
type testCluster struct {
	t          *testing.T
	cfg        Config
	sequencers []*testSequencer

	controller *Controller
	stop       func()
}

func loopback(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
}

func newCluster(t *testing.T, sequencers int, groups ...uint32) *testCluster {
	c := &testCluster{t: t, cfg: Config{
		StorePath: filepath.Join(t.TempDir(), "sessions.db"),
		TokenKey:  []byte("token key"),
		Addr:      "127.0.0.1:0",
	}}
	for i := range sequencers {
		s := startSequencer(t, uint64(i+1))
		c.sequencers = append(c.sequencers, s)
		c.cfg.Sequencers = append(c.cfg.Sequencers, Sequencer{
			Name: "seq-" + string(rune('0'+i)), P4RuntimeAddr: s.addr, DeviceID: s.device, DataAddr: loopback(uint16(100 + i)),
		})
	}
	for i, number := range groups {
		g := Group{Number: number, Name: "group-" + string(rune('a'+i)), F: 1}
		for r := range uint16(3) {
			g.Replicas = append(g.Replicas, loopback(1000+10*uint16(i)+r))
		}
		c.cfg.Groups = append(c.cfg.Groups, g)
	}
	return c
}

// run starts a controller; it ends with the test, or with stop.
func (c *testCluster) run() {
	c.t.Helper()
	controller, err := New(c.cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	c.controller = controller
	c.cfg.Addr = controller.listener.Addr().String() // its successor listens there too
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- controller.Run(ctx) }()
	var once sync.Once
	c.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				c.t.Errorf("Run() = %v", err)
			}
		})
	}
	c.t.Cleanup(c.stop)
}

// watch follows a group.
func (c *testCluster) watch(group uint32) <-chan api.Route {
	ctx, cancel := context.WithCancel(context.Background())
	routes := make(chan api.Route, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = api.Watch(ctx, []string{c.cfg.Addr}, group, func(r api.Route) { routes <- r })
	}()
	c.t.Cleanup(func() { cancel(); <-done })
	return routes
}

func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing arrived")
		panic("unreachable")
	}
}

// eventually waits until the controller's status is ok.
func (c *testCluster) eventually(what string, ok func(Status) bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !ok(c.controller.Status()) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			c.t.Fatalf("not %s: %+v", what, c.controller.Status())
		}
	}
}

// ready waits until every sequencer is ready.
func (c *testCluster) ready() {
	c.t.Helper()
	c.eventually("ready", func(s Status) bool {
		for _, t := range s.Targets {
			if t.State != "ready" {
				return false
			}
		}
		return true
	})
}

// wantRoute checks a watcher's next route, and that the sequencer stamps accordingly.
func (c *testCluster) wantRoute(routes <-chan api.Route, group uint32, sequencer int, session uint32) {
	c.t.Helper()
	want := api.Route{Session: session, Sequencer: c.cfg.Sequencers[sequencer].DataAddr, Name: c.cfg.Sequencers[sequencer].Name}
	if got := next(c.t, routes); got != want {
		c.t.Fatalf("the route is %+v, want %+v", got, want)
	}
	c.wantStamp(group, sequencer, session)
}

func (c *testCluster) wantStamp(group uint32, sequencer int, session uint32) {
	c.t.Helper()
	copies := c.sequencers[sequencer].stamp(group)
	var replicas []netip.AddrPort
	for _, g := range c.cfg.Groups {
		if g.Number == group {
			replicas = g.Replicas
		}
	}
	if len(copies) != len(replicas) {
		c.t.Fatalf("%s sends %d copies, want %d", c.cfg.Sequencers[sequencer].Name, len(copies), len(replicas))
	}
	for i, copied := range copies {
		if copied.to != replicas[i] {
			c.t.Errorf("copy %d goes to %v, want %v", i, copied.to, replicas[i])
		}
		if copied.h.Session != session || copied.h.Token != oumlib.SessionToken(c.cfg.TokenKey, group, session) {
			c.t.Errorf("copy %d is stamped %v, want session %d and its token", i, copied.h, session)
		}
	}
}
