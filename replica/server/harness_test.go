package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/server"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

// patience is the time that a failing test waits for a condition.
const patience = 30 * time.Second

var (
	testGroup = oumlib.GroupNumber([4]byte{10, 97, 0, 1})
	quiet     = slog.New(slog.DiscardHandler)
)

// role runs like a process of its own.
type role struct {
	t      *testing.T
	name   string
	cancel context.CancelFunc
	ended  chan struct{}
}

// start runs a role until stop or the end of the test. A role that ends by itself fails the test.
func start(t *testing.T, name string, run func(context.Context) error) *role {
	ctx, cancel := context.WithCancel(context.Background())
	r := &role{t: t, name: name, cancel: cancel, ended: make(chan struct{})}
	go func() {
		defer close(r.ended)
		if err := run(ctx); err != nil || ctx.Err() == nil {
			t.Errorf("%s ended by itself: %v", name, err)
		}
	}()
	t.Cleanup(r.stop)
	return r
}

func (r *role) stop() {
	r.cancel()
	<-r.ended
}

// testCluster is a controller, a sequencer and three replicas of a counter on loopback.
type testCluster struct {
	t    *testing.T
	keys wire.Keys

	control    controlplane.Config
	controller *role

	sequencer *role
	plane     *udp.DataPlane

	peers    []transport.Peer
	replicas []*server.Server
}

// newCluster starts a testCluster.
func newCluster(t *testing.T) *testCluster {
	t.Helper()
	keys, err := wire.DeriveKeys([]byte("the tests' cluster key"))
	if err != nil {
		t.Fatal(err)
	}
	c := &testCluster{t: t, keys: keys}
	group := controlplane.Group{Number: testGroup, Name: "counter", F: 1}
	for range 3 {
		a := freeAddr(t)
		c.peers = append(c.peers, transport.Peer{Addr: a, Bulk: a})
		group.Replicas = append(group.Replicas, a)
	}
	c.control = controlplane.Config{
		Groups: []controlplane.Group{group},
		Sequencers: []controlplane.Sequencer{{
			Name: "sequencer", P4RuntimeAddr: freeAddr(t).String(), DeviceID: 1, DataAddr: freeAddr(t),
		}},
		StorePath: filepath.Join(t.TempDir(), "sessions.db"),
		TokenKey:  keys.Token,
		Addr:      freeAddr(t).String(),
		Logger:    quiet,
	}
	c.startSequencer()
	c.startController()
	for i := range c.peers {
		cfg := server.Config{
			Group: testGroup, Self: i, Replicas: c.peers, Keys: keys, StateMachine: &counter{}, Dir: t.TempDir(),
			Controllers: []string{c.control.Addr}, Logger: quiet,
		}
		if err := server.Bootstrap(cfg.Dir, cfg.Owner()); err != nil {
			t.Fatal(err)
		}
		s, err := server.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		start(t, "replica "+strconv.Itoa(i), s.Run)
		c.replicas = append(c.replicas, s)
	}
	return c
}

// loopback returns an address whose ports other processes do not use, so that a restarted role gets its port again.
func loopback() string {
	if runtime.GOOS != "linux" { // other systems have only one loopback address
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.1", 1+pid>>8&0x7F, pid&0xFF)
}

// freeAddr returns a loopback address whose port was free for UDP and TCP a moment ago.
func freeAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	for {
		l, err := net.Listen("tcp4", loopback()+":0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		a := netip.MustParseAddrPort(l.Addr().String())
		if u, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(a)); err == nil {
			defer u.Close()
			return a
		}
	}
}

// startController starts the controller, with the durable state of its predecessor.
func (c *testCluster) startController() {
	c.t.Helper()
	k, err := controlplane.New(c.control)
	if err != nil {
		c.t.Fatal(err)
	}
	c.controller = start(c.t, "controller", k.Run)
}

// startSequencer starts the sequencer, without any state.
func (c *testCluster) startSequencer() {
	c.t.Helper()
	self := c.control.Sequencers[0]
	sequencer, err := udp.Listen(udp.SequencerConfig{
		DeviceID: self.DeviceID, Data: self.DataAddr.String(), P4Runtime: self.P4RuntimeAddr, Logger: quiet,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.plane = sequencer.Plane
	c.sequencer = start(c.t, "sequencer", sequencer.Run)
}

func (c *testCluster) client() *client.Client {
	c.t.Helper()
	k, err := client.New(client.Config{
		Group: testGroup, Replicas: len(c.peers), Auth: c.keys.Client, Controllers: []string{c.control.Addr}, Logger: quiet,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = k.Close() })
	return k
}

// count increments the counter and returns its value.
func (c *testCluster) count(k *client.Client) uint64 {
	c.t.Helper()
	return number(c.t, c.invoke(k, []byte("count")))
}

func (c *testCluster) invoke(k *client.Client, op []byte) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	result, err := k.Invoke(ctx, op)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(result)
}

func number(t *testing.T, text string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// session returns the session of the newest view that the client has seen.
func session(k *client.Client) uint32 { return k.Stats().View.Session }

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("never: %s", what)
		}
	}
}
