package api

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// reportTimeout bounds one attempt to send a report to one controller.
const reportTimeout = 200 * time.Millisecond

// Reporter sends the reports of one replica to the controller. Report may be called from an event loop: it never waits.
type Reporter struct {
	group     uint32
	replica   uint32
	endpoints []string
	opts      []grpc.DialOption
	newest    atomic.Uint32 // highest session reported
	wake      chan struct{}
}

// NewReporter returns the reporter of a replica of group. It sends nothing before Run.
func NewReporter(endpoints []string, group uint32, replica int, opts ...grpc.DialOption) *Reporter {
	return &Reporter{
		group:     group,
		replica:   uint32(replica),
		endpoints: endpoints,
		opts:      opts,
		wake:      make(chan struct{}, 1),
	}
}

// Report reports that the sequencer of session is silent. Reports that are not sent yet merge into one, of the highest
// session. Call Report again while the silence lasts: a report expires at the controller.
func (r *Reporter) Report(session uint32) {
	for old := r.newest.Load(); session > old && !r.newest.CompareAndSwap(old, session); old = r.newest.Load() {
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run sends reports until ctx is done. It drops a report that no controller accepts.
func (r *Reporter) Run(ctx context.Context) error {
	clients := make([]ControllerClient, len(r.endpoints))
	for i, endpoint := range r.endpoints {
		conn, err := dial(endpoint, r.opts)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		clients[i] = NewControllerClient(conn)
	}
	first := 0 // the controller that accepted the last report
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.wake:
		}
		for k := range clients {
			i := (first + k) % len(clients)
			if r.send(ctx, clients[i]) == nil {
				first = i
				break
			}
		}
	}
}

func (r *Reporter) send(ctx context.Context, client ControllerClient) error {
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	_, err := client.Report(ctx, &ReportRequest{Group: r.group, Session: r.newest.Load(), Replica: r.replica})
	return err
}
