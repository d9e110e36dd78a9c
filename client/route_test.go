package client

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
)

// controller is a controller that sends its watchers the states of the test.
type controller struct {
	api.UnimplementedControllerServer
	states chan *api.GroupState
	addr   string
}

func startController(t *testing.T) *controller {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &controller{states: make(chan *api.GroupState, 1), addr: ln.Addr().String()}
	server := grpc.NewServer()
	api.RegisterControllerServer(server, c)
	var served sync.WaitGroup
	served.Go(func() {
		if err := server.Serve(ln); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		server.Stop()
		served.Wait()
	})
	return c
}

func (c *controller) Watch(r *api.WatchRequest, stream grpc.ServerStreamingServer[api.GroupState]) error {
	if r.Group != testGroup {
		return status.Error(codes.NotFound, "no such group")
	}
	for {
		select {
		case s := <-c.states:
			if err := stream.Send(s); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func (c *controller) say(session uint32, g *group) {
	c.states <- &api.GroupState{Group: testGroup, Session: session, SequencerAddress: g.conn.LocalAddr().String()}
}

// TestFollowsTheSequencer checks that requests wait until a controller announces the sequencer, and go to the next one when
// the group moves.
func TestFollowsTheSequencer(t *testing.T) {
	var mu sync.Mutex
	log := grouptest.NewLog(3)
	first := startGroup(t, log.Locked(&mu))
	second := startGroup(t, log.Locked(&mu))
	ctl := startController(t)

	cfg := first.config()
	cfg.Sequencer, cfg.Controllers = Config{}.Sequencer, []string{ctl.addr}
	c := startClient(t, cfg)
	results := make(chan string, 1)
	invoke := func(op string) {
		go func() {
			result, err := c.Invoke(context.Background(), []byte(op))
			if err != nil {
				t.Errorf("%s: %v", op, err)
			}
			results <- string(result)
		}()
	}
	invoke("x")
	for c.Stats().Waiting == 0 { // each call is a turn of the event loop
		continue
	}
	ctl.say(1, first)
	if got := <-results; got != "x done 1 times" {
		t.Fatalf("x: %q", got)
	}
	first.silent.Store(true) // from now on its answers are lost
	invoke("y")
	first.await(2)
	ctl.say(2, second)
	if got := <-results; got != "y done 1 times" {
		t.Fatalf("y: %q", got)
	}
}

func TestGroupThatNoControllerKnows(t *testing.T) {
	ctl := startController(t)
	c := startClient(t, Config{Group: testGroup + 1, Replicas: 3, Auth: grouptest.Keys.Client, Controllers: []string{ctl.addr}})
	_, err := c.Invoke(context.Background(), []byte("x"))
	if status.Code(errors.Unwrap(err)) != codes.NotFound && status.Code(err) != codes.NotFound {
		t.Errorf("%v, expected NotFound", err)
	}
	if errors.Is(err, ErrOutcomeUnknown) {
		t.Errorf("%v, though nothing was sent", err)
	}
}
