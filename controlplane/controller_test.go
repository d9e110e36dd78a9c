package controlplane

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/controlplane/api"

	"github.com/netordered/nopaxos/controlplane/p4runtime"
	"github.com/netordered/nopaxos/controlplane/store"
)

func TestSequencerFailover(t *testing.T) {
	c := newCluster(t, 3, groupA, groupB)
	c.run()
	a, b := c.watch(groupA), c.watch(groupB)
	c.wantRoute(a, groupA, 0, 1)
	c.wantRoute(b, groupB, 0, 1)
	c.ready()
	for i := range 2 {
		start := time.Now()
		c.sequencers[i].kill()
		c.wantRoute(a, groupA, i+1, uint32(i+2))
		t.Logf("route after %v", time.Since(start))
		c.wantRoute(b, groupB, i+1, uint32(i+2))
	}
}

func TestRestartOfTheControllerDisturbsNothing(t *testing.T) {
	c := newCluster(t, 2, groupA)
	c.run()
	routes := c.watch(groupA)
	c.wantRoute(routes, groupA, 0, 1)
	c.ready()
	updates := c.sequencers[0].server.Stats().Updates
	for range 3 {
		c.stop()
		c.wantStamp(groupA, 0, 1)
		c.run()
		c.eventually("serving", func(s Status) bool { return s.Groups[0].Phase == "active" })
		c.ready()
		c.wantStamp(groupA, 0, 1)
	}
	if now := c.sequencers[0].server.Stats().Updates; now != updates {
		t.Errorf("the restarts wrote %d updates, want none", now-updates)
	}
	c.sequencers[0].kill()
	c.wantRoute(routes, groupA, 1, 2) // the watcher has followed the controller through its restarts
}

func TestRestartOfTheOnlySequencer(t *testing.T) {
	c := newCluster(t, 1, groupA)
	c.run()
	routes := c.watch(groupA)
	c.wantRoute(routes, groupA, 0, 1)
	for session := uint32(2); session < 5; session++ {
		c.sequencers[0].kill()
		c.sequencers[0].start()
		c.wantRoute(routes, groupA, 0, session)
	}
}

func TestSequencerRestartsWhileTheControllerIsDown(t *testing.T) {
	c := newCluster(t, 1, groupA)
	c.run()
	routes := c.watch(groupA)
	c.wantRoute(routes, groupA, 0, 1)
	c.stop()
	c.sequencers[0].kill()
	c.sequencers[0].start()
	c.run()
	c.wantRoute(routes, groupA, 0, 2)
}

func TestReportersMoveTheGroup(t *testing.T) {
	c := newCluster(t, 2, groupA)
	c.cfg.Timing.ReportHoldoff = time.Nanosecond
	c.run()
	routes := c.watch(groupA)
	c.wantRoute(routes, groupA, 0, 1)
	c.ready()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	for replica := range 2 {
		r := api.NewReporter([]string{"127.0.0.1:1", c.cfg.Addr}, groupA, replica+1)
		go func() { ended <- r.Run(ctx) }()
		r.Report(1)
	}
	c.wantRoute(routes, groupA, 1, 2)
	c.eventually("cleaned up", func(Status) bool { return len(c.sequencers[0].stamp(groupA)) == 0 })
	cancel()
	for range 2 {
		if err := next(t, ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Reporter.Run() = %v, want context.Canceled", err)
		}
	}
}

func TestMembershipChangesWithoutTheSession(t *testing.T) {
	c := newCluster(t, 2, groupA, groupB)
	c.run()
	routes := c.watch(groupA)
	c.wantRoute(routes, groupA, 0, 1)
	c.ready()
	c.stop()
	c.cfg.Groups = c.cfg.Groups[:1] // without group B
	c.cfg.Groups[0].Replicas[1] = loopback(2000)
	c.run()
	c.eventually("serving", func(s Status) bool { return s.Groups[0].Phase == "active" })
	c.ready()
	c.wantStamp(groupA, 0, 1)
	if copies := c.sequencers[0].stamp(groupB); len(copies) != 0 {
		t.Errorf("the group that is gone gets %d copies, want none", len(copies))
	}
	c.sequencers[0].kill()
	c.wantRoute(routes, groupA, 1, 2)
}

func TestAnotherControllerIsPrimary(t *testing.T) {
	c := newCluster(t, 1, groupA)
	c.run()
	c.ready()
	deposed := c.controller
	other := newCluster(t, 0, groupA)
	other.cfg.Sequencers = c.cfg.Sequencers
	for range 2 { // its election id is a second or two ahead
		s, err := store.Open(other.cfg.StorePath, 1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Election(uint64(time.Now().Add(time.Hour).Unix())); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	other.run()
	other.ready()
	c.eventually("deposed", func(Status) bool {
		s := deposed.Status()
		return s.Targets[0].State == "down" && strings.Contains(s.Targets[0].LastError, p4runtime.ErrNotPrimary.Error())
	})
}

func TestStatusEverywhere(t *testing.T) {
	c := newCluster(t, 2, groupA)
	c.run()
	c.wantRoute(c.watch(groupA), groupA, 0, 1)
	c.ready()
	// Watchers learn of a session before the status has it.
	c.eventually("active", func(s Status) bool { return len(s.Groups) == 1 && s.Groups[0].State.Session == 1 })

	s := c.controller.Status()
	if len(s.Groups) != 1 || s.Groups[0].State.Session != 1 || s.Groups[0].State.Sequencer != "seq-0" || len(s.Targets) != 2 {
		t.Errorf("Status() of the controller is %+v", s)
	}
	text := scrape(t, c.controller)
	for _, want := range []string{
		"nopaxos_controller_sessions_total 1",
		`nopaxos_controller_failovers_total{group="group-a"} 0`,
		`nopaxos_controller_group_session{group="group-a",sequencer="seq-0"} 1`,
		`nopaxos_controller_target_state{sequencer="seq-1"} 2`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s:\n%s", want, text)
		}
	}

	client := c.client()
	reply, err := client.Status(t.Context(), &api.StatusRequest{})
	if err != nil {
		t.Fatal(err)
	}
	g := reply.GetGroups()[0]
	if g.GetPhase() != "active" || g.GetNewestSession() != 1 || len(g.GetState().GetReplicas()) != 3 || reply.GetTargets()[1].GetState() != "ready" {
		t.Errorf("Status() = %v", reply)
	}
	for _, tt := range []struct {
		name string
		req  *api.ReportRequest
		want codes.Code
	}{
		{"unknown group", &api.ReportRequest{Group: groupB, Session: 1}, codes.NotFound},
		{"unknown replica", &api.ReportRequest{Group: groupA, Session: 1, Replica: 3}, codes.InvalidArgument},
		{"huge replica", &api.ReportRequest{Group: groupA, Session: 1, Replica: 1<<32 - 1}, codes.InvalidArgument},
		{"alone", &api.ReportRequest{Group: groupA, Session: 1, Replica: 2}, codes.OK},
	} {
		if _, err := client.Report(t.Context(), tt.req); status.Code(err) != tt.want {
			t.Errorf("Report() of %s = %v, want %v", tt.name, err, tt.want)
		}
	}
}

func (c *testCluster) client() api.ControllerClient {
	conn, err := grpc.NewClient("passthrough:///"+c.cfg.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = conn.Close() })
	return api.NewControllerClient(conn)
}

// scrape returns the controller's metrics page.
func scrape(t *testing.T, c *Controller) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c.Metrics())
	page := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(page, httptest.NewRequest("GET", "/metrics", nil))
	if page.Code != http.StatusOK {
		t.Fatalf("metrics: status %d: %s", page.Code, page.Body)
	}
	return page.Body.String()
}

func TestNewChecksItsConfig(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Close() }()
	tests := []struct {
		name   string
		change func(cfg *Config)
		want   string
	}{
		{"no groups", func(cfg *Config) { cfg.Groups = nil }, "0 groups"},
		{"no sequencers", func(cfg *Config) { cfg.Sequencers = nil }, "no sequencers"},
		{"name twice", func(cfg *Config) { cfg.Sequencers = append(cfg.Sequencers, cfg.Sequencers[0]) }, `"seq-0"`},
		{"no P4Runtime address", func(cfg *Config) { cfg.Sequencers[0].P4RuntimeAddr = "" }, "P4Runtime address"},
		{"no data address", func(cfg *Config) { cfg.Sequencers[0].DataAddr = netip.AddrPort{} }, "data address"},
		{"IPv6 replica", func(cfg *Config) { cfg.Groups[0].Replicas[2] = netip.MustParseAddrPort("[::1]:7") }, "replica 2"},
		{"too many replicas", func(cfg *Config) { cfg.Groups[0].Replicas = make([]netip.AddrPort, 64) }, "at most 63"},
		{"too few replicas", func(cfg *Config) { cfg.Groups[0].F = 2 }, "3 replicas"},
		{"no store", func(cfg *Config) { cfg.StorePath = "/dev/null/store" }, "/dev/null/store"},
		{"address in use", func(cfg *Config) { cfg.Addr = busy.Addr().String() }, busy.Addr().String()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newCluster(t, 1, groupA)
			tt.change(&c.cfg)
			controller, err := New(c.cfg)
			if err == nil {
				_ = controller.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("New() = %v, want an error that names %q", err, tt.want)
			}
		})
	}
}
