package baseline

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

// group is a group of servers on loopback, and a client.
type group struct {
	t       *testing.T
	system  System
	keys    wire.Keys
	peers   []transport.Peer
	stop    []func()
	client  *caller
	running sync.WaitGroup
}

func startGroup(t *testing.T, system System, n int, sequenced bool) *group {
	t.Helper()
	keys, err := wire.DeriveKeys([]byte("the tests' cluster key"))
	if err != nil {
		t.Fatal(err)
	}
	g := &group{t: t, system: system, keys: keys, stop: make([]func(), n)}
	for range n {
		g.peers = append(g.peers, freePeer(t))
	}
	for i := range n {
		g.start(i, false)
	}
	var sequencer netip.AddrPort
	if sequenced {
		sequencer = g.startSequencer()
	}
	g.client = g.startCaller(sequencer)
	t.Cleanup(func() {
		for _, stop := range g.stop {
			stop()
		}
		g.running.Wait()
	})
	return g
}

const sequencedGroup = 0x0A610001

// startSequencer starts NOPaxos's end-host sequencer and programs it for the group.
func (g *group) startSequencer() netip.AddrPort {
	g.t.Helper()
	socket, err := transport.ListenUDP(transport.UDPConfig{Addr: "127.0.0.1:0"})
	if err != nil {
		g.t.Fatal(err)
	}
	plane, err := udp.New(udp.Config{Network: socket, Post: socket.Post})
	if err != nil {
		g.t.Fatal(err)
	}
	var members []sequencer.Replica
	for i, p := range g.peers {
		deliver := sequencer.Action{ID: p4src.ActionDeliver}
		ip := p.Addr.Addr().As4()
		deliver.Params[p4src.ParamDeliverIP-1] = uint64(binary.BigEndian.Uint32(ip[:]))
		deliver.Params[p4src.ParamDeliverUDPPort-1] = uint64(p.Addr.Port())
		key := sequencer.Key{Table: p4src.TableOUMCopy}
		key.Fields[p4src.FieldOUMCopyEgressRID-1] = uint64(1 + i)
		plane.Put(key, deliver)
		members = append(members, sequencer.Replica{EgressPort: uint32(i), Instance: uint16(1 + i)})
	}
	plane.SetMulticast(1, members)
	sequence := sequencer.Action{ID: p4src.ActionSequence}
	sequence.Params[p4src.ParamSequenceSession-1] = 1
	sequence.Params[p4src.ParamSequenceMcastGrp-1] = 1
	key := sequencer.Key{Table: p4src.TableOUMGroup}
	key.Fields[p4src.FieldOUMGroupIPv4Dst-1] = sequencedGroup
	plane.Put(key, sequence)
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = append(g.stop, cancel)
	g.running.Go(func() {
		if err := socket.Run(ctx, plane); err != nil {
			g.t.Errorf("sequencer: %v", err)
		}
	})
	return socket.LocalAddr()
}

// freePeer returns unused addresses.
func freePeer(t *testing.T) transport.Peer {
	t.Helper()
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	return transport.Peer{Addr: netip.MustParseAddrPort(udp.LocalAddr().String()), Bulk: netip.MustParseAddrPort(tcp.Addr().String())}
}

func (g *group) start(i int, again bool) {
	g.t.Helper()
	s, err := New(Config{System: g.system, Self: i, Replicas: g.peers, Keys: g.keys, StateMachine: kv.New(), Recover: again})
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	g.stop[i] = func() { cancel(); <-done }
	g.running.Go(func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			g.t.Errorf("replica %d: %v", i, err)
		}
	})
	if again {
		g.awaitRecovery(s)
	}
}

// awaitRecovery waits for a restarted replica to get its state: until then the group survives no further failure.
func (g *group) awaitRecovery(s *Server) {
	g.t.Helper()
	for range 2000 {
		entered := make(chan bool)
		s.sockets.Post(func(time.Duration) { entered <- s.core.(*vr.Replica).Stats.ViewsEntered > 0 })
		if <-entered {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	g.t.Fatal("a restarted replica does not recover within 20 s")
}

// set stores a value and reads it back.
func (g *group) set(i int) {
	g.t.Helper()
	key, value := fmt.Sprintf("k%d", i%10), fmt.Sprintf("v%d", i)
	if _, err := g.client.invoke(g.t, kv.EncodeCommand("SET", key, value)); err != nil {
		g.t.Fatalf("SET %s: %v", key, err)
	}
	result, err := g.client.invoke(g.t, kv.EncodeCommand("GET", key))
	if want := fmt.Sprintf("$%d\r\n%s\r\n", len(value), value); err != nil || result != want {
		g.t.Fatalf("GET %s: %q, %v, expected %q", key, result, err, want)
	}
}

// TestThroughASequencer runs the systems whose clients send to all replicas over NOPaxos's own sequencer.
func TestThroughASequencer(t *testing.T) {
	for _, system := range Systems() {
		if !system.Multicast() {
			continue
		}
		t.Run(system.String(), func(t *testing.T) {
			g := startGroup(t, system, 3, true)
			for i := range 200 {
				g.set(i)
			}
		})
	}
}

// TestServers runs every system over sockets, and kills and restarts the leader.
func TestServers(t *testing.T) {
	for _, system := range Systems() {
		t.Run(system.String(), func(t *testing.T) {
			n := 3
			if system == Unreplicated {
				n = 1
			}
			g := startGroup(t, system, n, false)
			for i := range 100 {
				g.set(i)
			}
			if n == 1 {
				return
			}
			for leader := range 2 {
				g.stop[leader]()
				for i := range 20 {
					g.set(i)
				}
				g.start(leader, true)
				for i := range 20 {
					g.set(i)
				}
			}
		})
	}
}
