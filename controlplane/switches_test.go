package controlplane

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/controlplane/p4runtime"
	"github.com/netordered/nopaxos/p4src"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/store"
	"github.com/netordered/nopaxos/controlplane/tables"
)

// The controller against real P4Runtime servers: ours, which takes a switch's tables too, and BMv2 where it is
// installed. Packets are walked through the tables that the servers return.

// testSwitch is the process of a switch.
type testSwitch interface {
	address() string
	start()
	kill()
}

func (s *testSequencer) address() string { return s.addr }

// bmv2Switch is a simple_switch_grpc without interfaces.
type bmv2Switch struct {
	t    *testing.T
	addr string
	sw   *bmv2.Switch
}

func (s *bmv2Switch) address() string { return s.addr }

func (s *bmv2Switch) start() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var err error
	if s.sw, err = bmv2.Start(ctx, bmv2.Config{DeviceID: 1, P4Runtime: s.addr, LogLevel: "off"}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *bmv2Switch) kill() { s.sw.Stop() }

// freeAddress returns an address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// onEverySwitch runs a test with our P4Runtime server and with BMv2.
func onEverySwitch(t *testing.T, test func(t *testing.T, start func(t *testing.T) testSwitch)) {
	t.Run("ours", func(t *testing.T) {
		test(t, func(t *testing.T) testSwitch { return startSequencer(t, 1) })
	})
	t.Run("bmv2", func(t *testing.T) {
		if _, err := bmv2.Find(); err != nil {
			t.Skip(err)
		}
		test(t, func(t *testing.T) testSwitch {
			s := &bmv2Switch{t: t, addr: freeAddress(t)}
			s.start()
			t.Cleanup(s.kill)
			return s
		})
	})
}

// testFabric is two spines, which may be sequencers, over two leaves with two hosts each, and a controller.
type testFabric struct {
	*testCluster
	topo     *fabric.Topology
	switches []testSwitch
	dead     map[int]bool
}

const fabricGroup = 0x0A610001

func newFabricCluster(t *testing.T, start func(t *testing.T) testSwitch) *testFabric {
	topo := &testTopology{}
	for range 4 {
		topo.addSwitch()
	}
	for leaf := 2; leaf < 4; leaf++ {
		topo.link(leaf, 0)
		topo.link(leaf, 1)
		topo.addHost(leaf)
		topo.addHost(leaf)
	}
	topo.Probe = time.Hour // so that the switches have the entries of probes, and no probe is sent
	f := &testFabric{topo: &topo.Topology, dead: map[int]bool{}, testCluster: &testCluster{t: t, cfg: Config{
		StorePath: filepath.Join(t.TempDir(), "sessions.db"), TokenKey: []byte("token key"), Addr: "127.0.0.1:0",
		// These tests do not look for slowness, and the machine may be busy.
		Timing: failover.Timing{StartGrace: patience, InstallTimeout: patience, ProgramTimeout: patience},
	}}}
	for i := range f.topo.Switches {
		s := start(t)
		f.switches = append(f.switches, s)
		f.topo.Switches[i].P4RuntimeAddr = s.address()
		f.topo.Switches[i].DeviceConfig = p4src.BMv2Config()
	}
	g := Group{Number: fabricGroup, Name: "kv", F: 1}
	for _, h := range f.topo.Hosts[:3] {
		g.Replicas = append(g.Replicas, netip.AddrPortFrom(h.Addr, 9701))
	}
	f.cfg.Groups, f.cfg.Topology = []Group{g}, f.topo
	for _, spine := range f.topo.Switches[:2] {
		f.cfg.Sequencers = append(f.cfg.Sequencers, Sequencer{Name: spine.Name, Switch: true})
	}
	return f
}

func (f *testFabric) kill(s int)    { f.dead[s] = true; f.switches[s].kill() }
func (f *testFabric) restart(s int) { f.switches[s].start(); delete(f.dead, s) }

// read returns the tables of a switch; nil if it has no pipeline yet.
func (f *testFabric) read(s int) *tables.State {
	f.t.Helper()
	conn, err := grpc.NewClient(f.switches[s].address(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		f.t.Fatal(err)
	}
	defer conn.Close()
	have, err := p4runtime.ReadTables(context.Background(), p4v1.NewP4RuntimeClient(conn), 1)
	if status.Code(err) == codes.FailedPrecondition {
		return nil
	}
	if err != nil {
		if sw, ok := f.switches[s].(*bmv2Switch); ok {
			f.t.Errorf("switch %d: %v", s, sw.sw.Err())
		}
		f.t.Fatalf("switch %d: %v", s, err)
	}
	return have
}

func (f *testFabric) readAll() []*tables.State {
	all := make([]*tables.State, len(f.switches))
	for s := range f.switches {
		if !f.dead[s] {
			all[s] = f.read(s)
		}
	}
	return all
}

// wantNext checks a watcher's next route.
func (f *testFabric) wantNext(routes <-chan api.Route, spine int, session uint32) {
	f.t.Helper()
	want := api.Route{
		Session: session, Name: f.topo.Switches[spine].Name,
		Sequencer: netip.AddrPortFrom(addrOf(fabricGroup), fabric.OUMPort),
	}
	if got := next(f.t, routes); got != want {
		f.t.Fatalf("the route is %+v, want %+v", got, want)
	}
}

// wantService waits until a request of every host reaches every replica once, stamped in the session.
func (f *testFabric) wantService(session uint32) {
	f.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := f.service(session)
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

var errService = errors.New("not every replica receives every request once")

func (f *testFabric) service(session uint32) error {
	have := f.readAll()
	walker := newWalker(f.topo, func(s int) *tables.State { return have[s] })
	for h := range f.topo.Hosts {
		got, err := walker.fromHost(&f.topo.Hosts[h], packet{dst: fabricGroup, oum: true})
		if err != nil {
			return err
		}
		reached := map[*fabric.Host]int{}
		for _, d := range got {
			if d.session == session && d.stamped && d.dst == fabric.AddressNumber(d.host.Addr) {
				reached[d.host]++
			}
		}
		for r := range 3 {
			if len(got) != 3 || reached[&f.topo.Hosts[r]] != 1 {
				return errService
			}
		}
	}
	return nil
}

func (f *testFabric) wantReady() {
	f.t.Helper()
	f.eventually("ready", func(s Status) bool {
		for i, t := range s.Targets {
			if t.State != "ready" && !f.dead[i] { // targets are in the order of the switches
				return false
			}
		}
		return true
	})
}

func TestSwitchesServe(t *testing.T) {
	onEverySwitch(t, func(t *testing.T, start func(t *testing.T) testSwitch) {
		f := newFabricCluster(t, start)
		f.run()
		routes := f.watch(fabricGroup)
		f.wantNext(routes, 0, 1)
		f.wantService(1)
		f.wantReady()

		// A restart of the controller writes nothing.
		before := f.readAll()
		for range 2 {
			f.stop()
			f.run()
			f.eventually("serving", func(s Status) bool { return s.Groups[0].Phase == "active" })
			f.wantReady()
		}
		for s, now := range f.readAll() {
			if !maps.Equal(now.Entries, before[s].Entries) || !maps.EqualFunc(now.Multicast, before[s].Multicast, slices.Equal) {
				t.Errorf("switch %d has %+v after a restart of the controller, and had %+v", s, now, before[s])
			}
		}

		began := time.Now()
		f.kill(0)
		f.wantNext(routes, 1, 2)
		t.Logf("the next session after %v", time.Since(began))
		f.wantService(2)

		// The restarted switch has empty tables, and stands by.
		f.restart(0)
		f.wantReady()
		f.wantService(2)
		f.kill(1)
		f.wantNext(routes, 0, 3)
		f.wantService(3)
	})
}

func TestLeafRestartKeepsTheSession(t *testing.T) {
	onEverySwitch(t, func(t *testing.T, start func(t *testing.T) testSwitch) {
		f := newFabricCluster(t, start)
		f.run()
		f.wantNext(f.watch(fabricGroup), 0, 1)
		f.wantService(1)
		f.wantReady()
		f.kill(2)
		f.restart(2)
		// BMv2 was seen to close connections that read it during a push.
		f.eventually("ready again", func(s Status) bool { return s.Targets[2].Connections > 1 && s.Targets[2].State == "ready" })
		f.wantService(1)
	})
}

// A push of another program by another client wipes entries and counters: the group needs the next session.
func TestForeignPushGetsANewSession(t *testing.T) {
	onEverySwitch(t, func(t *testing.T, start func(t *testing.T) testSwitch) {
		f := newFabricCluster(t, start)
		f.cfg.Timing.AuditInterval = 50 * time.Millisecond
		f.run()
		routes := f.watch(fabricGroup)
		f.wantNext(routes, 0, 1)
		f.wantService(1)
		f.stop()
		switches := slices.Clone(f.topo.Switches[:2])
		switches[0].DeviceConfig = append(slices.Clone(switches[0].DeviceConfig), '\n')
		for round := range 2 {
			pushed := map[string]bool{}
			err := Push(context.Background(), f.cfg.StorePath, switches, func(s fabric.Switch, did bool) { pushed[s.Name] = did })
			if err != nil {
				t.Fatal(err)
			}
			if want := map[string]bool{"s0": round == 0, "s1": false}; !maps.Equal(pushed, want) {
				t.Errorf("round %d: pushed %v, want %v", round, pushed, want)
			}
		}
		f.run()
		f.wantNext(routes, 0, 2)
		f.wantService(2)
		if err := Push(context.Background(), f.cfg.StorePath, switches, nil); !errors.Is(err, store.ErrLocked) {
			t.Errorf("Push beside a controller: %v, want store.ErrLocked", err)
		}
	})
}
