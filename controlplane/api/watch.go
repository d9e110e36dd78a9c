package api

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/internal/wait"
)

// Route is where the messages of a group go.
type Route struct {
	Session   uint32
	Sequencer netip.AddrPort // senders send here
	Name      string         // of the sequencer
}

// Watch follows the route of a group and calls update with the first one and with every change, from one goroutine.
// Sessions never go back: it ignores older ones, which an outdated controller publishes. While no controller is
// reachable the last route stays valid, and Watch tries the endpoints ("host:port") in turn.
//
// Watch returns ctx's error when ctx is done, and another one only if no controller has the group.
func Watch(ctx context.Context, endpoints []string, group uint32, update func(Route), opts ...grpc.DialOption) error {
	if len(endpoints) == 0 {
		return errors.New("api: no controller endpoints to watch")
	}
	w := watcher{group: group, update: update}
	pause := minRetry
	for unknown, i := 0, 0; ; i++ {
		endpoint := endpoints[i%len(endpoints)]
		heard, err := w.follow(ctx, endpoint, opts)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if unknown++; status.Code(err) != codes.NotFound {
			unknown = 0
		}
		if unknown == len(endpoints) {
			return fmt.Errorf("api: watch at controller %s: %w", endpoint, err)
		}
		if heard {
			pause = minRetry
		}
		if wait.For(ctx, pause) != nil {
			return ctx.Err()
		}
		pause = min(2*pause, maxRetry)
	}
}

type watcher struct {
	group  uint32
	update func(Route)
	last   Route
}

// follow reads the stream of one controller until it ends, and reports whether it received anything.
func (w *watcher) follow(ctx context.Context, endpoint string, opts []grpc.DialOption) (heard bool, err error) {
	conn, err := dial(endpoint, opts)
	if err != nil {
		return false, err
	}
	defer func() { _ = conn.Close() }() // nothing is lost on a stream that has ended
	stream, err := NewControllerClient(conn).Watch(ctx, &WatchRequest{Group: w.group})
	if err != nil {
		return false, err
	}
	for {
		state, err := stream.Recv()
		if err != nil {
			return heard, err
		}
		heard = true
		if err := w.take(state); err != nil {
			return heard, err
		}
	}
}

// take calls update if the state is news.
func (w *watcher) take(state *GroupState) error {
	if state.Session == 0 || state.Session < w.last.Session {
		return nil
	}
	addr, err := netip.ParseAddrPort(state.SequencerAddress)
	if err != nil {
		return fmt.Errorf("api: session %d of group %d: sequencer address: %w", state.Session, w.group, err)
	}
	route := Route{Session: state.Session, Sequencer: addr, Name: state.Sequencer}
	if route != w.last {
		w.last = route
		w.update(route)
	}
	return nil
}
