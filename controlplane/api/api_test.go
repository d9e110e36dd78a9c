package api

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// patience bounds a test's wait for an event; only a failing test waits so long.
const patience = 20 * time.Second

const group = 0x0A000001

// fakeController is a controller whose answers the test chooses.
type fakeController struct {
	UnimplementedControllerServer
	addr    string
	server  *grpc.Server
	states  chan *GroupState // sent to the watcher
	reports chan *ReportRequest
	served  chan struct{}
}

func startController(t *testing.T, addr string) *fakeController {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeController{
		addr:    l.Addr().String(),
		server:  grpc.NewServer(),
		states:  make(chan *GroupState, 10),
		reports: make(chan *ReportRequest, 10),
		served:  make(chan struct{}),
	}
	RegisterControllerServer(f.server, f)
	go func() {
		defer close(f.served)
		_ = f.server.Serve(l)
	}()
	t.Cleanup(f.stop)
	return f
}

func (f *fakeController) stop() {
	f.server.Stop()
	<-f.served
}

func (f *fakeController) Watch(req *WatchRequest, stream grpc.ServerStreamingServer[GroupState]) error {
	if req.GetGroup() != group {
		return status.Error(codes.NotFound, "no such group")
	}
	for {
		select {
		case s := <-f.states:
			if err := stream.Send(s); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return nil
		}
	}
}

func (f *fakeController) Report(_ context.Context, req *ReportRequest) (*ReportReply, error) {
	f.reports <- req
	return &ReportReply{}, nil
}

func state(session uint32, address string) *GroupState {
	return &GroupState{Group: group, Session: session, Sequencer: "seq", SequencerAddress: address}
}

func route(session uint32, address string) Route {
	return Route{Session: session, Sequencer: netip.MustParseAddrPort(address), Name: "seq"}
}

func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// startWatch runs Watch until the test ends.
func startWatch(t *testing.T, endpoints ...string) <-chan Route {
	ctx, cancel := context.WithCancel(context.Background())
	routes := make(chan Route, 10)
	done := make(chan error, 1)
	go func() { done <- Watch(ctx, endpoints, group, func(r Route) { routes <- r }) }()
	t.Cleanup(func() {
		cancel()
		if err := next(t, done); !errors.Is(err, context.Canceled) {
			t.Errorf("Watch() = %v, want context.Canceled", err)
		}
	})
	return routes
}

func TestWatchSurvivesTheController(t *testing.T) {
	f := startController(t, "127.0.0.1:0")
	routes := startWatch(t, f.addr)
	f.states <- state(0, "") // no sequencer yet
	f.states <- state(1, "127.0.0.1:1")
	if got, want := next(t, routes), route(1, "127.0.0.1:1"); got != want {
		t.Fatalf("the route is %v, want %v", got, want)
	}
	f.stop()
	f = startController(t, f.addr)
	f.states <- state(1, "127.0.0.1:1") // no news
	f.states <- state(2, "127.0.0.1:2")
	if got, want := next(t, routes), route(2, "127.0.0.1:2"); got != want {
		t.Fatalf("the route is %v, want %v", got, want)
	}
}

func TestWatchTriesControllersInTurn(t *testing.T) {
	first, second := startController(t, "127.0.0.1:0"), startController(t, "127.0.0.1:0")
	routes := startWatch(t, "127.0.0.1:1", first.addr, second.addr)
	first.states <- state(7, "127.0.0.1:7")
	if got, want := next(t, routes), route(7, "127.0.0.1:7"); got != want {
		t.Fatalf("the route is %v, want %v", got, want)
	}
	first.stop()
	second.states <- state(6, "127.0.0.1:6") // it lags: sessions never go back
	second.states <- state(8, "127.0.0.1:8")
	if got, want := next(t, routes), route(8, "127.0.0.1:8"); got != want {
		t.Fatalf("the route is %v, want %v", got, want)
	}
}

func TestWatchLeavesAControllerWithInvalidStates(t *testing.T) {
	first, second := startController(t, "127.0.0.1:0"), startController(t, "127.0.0.1:0")
	routes := startWatch(t, first.addr, second.addr)
	first.states <- state(1, "here")
	second.states <- state(1, "127.0.0.1:1")
	if got, want := next(t, routes), route(1, "127.0.0.1:1"); got != want {
		t.Fatalf("the route is %v, want %v", got, want)
	}
}

func TestWatchOfAnUnknownGroup(t *testing.T) {
	first, second := startController(t, "127.0.0.1:0"), startController(t, "127.0.0.1:0")
	err := Watch(t.Context(), []string{first.addr, second.addr}, group+1, func(Route) {})
	if status.Code(errors.Unwrap(err)) != codes.NotFound {
		t.Errorf("Watch() = %v, want NOT_FOUND", err)
	}
	if err := Watch(t.Context(), nil, group, func(Route) {}); err == nil {
		t.Error("Watch() without endpoints gives no error")
	}
}

func TestReporter(t *testing.T) {
	f := startController(t, "127.0.0.1:0")
	r := NewReporter([]string{"127.0.0.1:1", f.addr}, group, 2)
	r.Report(3)
	r.Report(5)
	r.Report(4) // merged before Run: the highest counts
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	got := next(t, f.reports)
	if got.GetGroup() != group || got.GetReplica() != 2 || got.GetSession() != 5 {
		t.Errorf("the report is %v, want session 5 by replica 2", got)
	}
	r.Report(6)
	if got := next(t, f.reports); got.GetSession() != 6 {
		t.Errorf("the report is %v, want session 6", got)
	}
	cancel()
	if err := next(t, done); !errors.Is(err, context.Canceled) {
		t.Errorf("Run() = %v, want context.Canceled", err)
	}
}

func TestReportNeverWaits(t *testing.T) {
	r := NewReporter(nil, group, 0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for session := range uint32(1000) {
				r.Report(session)
			}
		})
	}
	wg.Wait()
	if got := r.newest.Load(); got != 999 {
		t.Errorf("the newest session is %d, want 999", got)
	}
	if n := testing.AllocsPerRun(100, func() { r.Report(1000) }); n != 0 {
		t.Errorf("Report allocates %v times, want 0", n)
	}
}
