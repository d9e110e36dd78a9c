package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/transport"
)

// dropRate is the share of received datagrams that sequencers, replicas, front-end and the demo's own client
// drop for a while, on every hop of a request and of its replies.
const dropRate = 0.01

// recoveryPatience bounds the time in which the cluster has to recover from a fault.
const recoveryPatience = 20 * time.Second

// saboteur breaks the cluster.
type saboteur struct {
	cluster *devcluster.Cluster

	leader    string // killed
	sequencer string // killed
	session   uint32 // before the sequencer was killed
}

// step is one fault. The cluster has recovered from it when over returns nil.
type step struct {
	name string
	do   func(ctx context.Context, s *status.Cluster) (detail string, err error)
	over func(ctx context.Context, s *status.Cluster) error
}

// steps returns the faults in order.
func (f *saboteur) steps() []step {
	return []step{
		{"kill the leader replica", f.killLeader, serving},
		{"restart it", f.restartLeader, whole},
		{"kill the active sequencer", f.killSequencer, f.newSession},
		{"restart it as a standby", f.restartSequencer, whole},
		{"drop 1% of datagrams", f.drop, serving},
		{"stop dropping", f.stopDropping, whole},
	}
}

func (f *saboteur) killLeader(_ context.Context, s *status.Cluster) (string, error) {
	g := s.Groups[0]
	if g.Leader < 0 {
		return "", errors.New("no replica leads the group")
	}
	f.leader = fmt.Sprintf("replica-%d", g.Leader)
	return f.leader, f.cluster.Kill(f.leader)
}

func (f *saboteur) restartLeader(context.Context, *status.Cluster) (string, error) {
	return f.leader, f.cluster.Restart(f.leader)
}

func (f *saboteur) killSequencer(_ context.Context, s *status.Cluster) (string, error) {
	f.sequencer, f.session = s.Groups[0].Sequencer, s.Groups[0].Session
	if f.sequencer == "" {
		return "", errors.New("the controller names no active sequencer")
	}
	return f.sequencer, f.cluster.Kill(f.sequencer)
}

func (f *saboteur) restartSequencer(context.Context, *status.Cluster) (string, error) {
	return f.sequencer, f.cluster.Restart(f.sequencer)
}

func (f *saboteur) drop(ctx context.Context, s *status.Cluster) (string, error) {
	return "", setDrop(ctx, s, dropRate)
}

func (f *saboteur) stopDropping(ctx context.Context, s *status.Cluster) (string, error) {
	return "", setDrop(ctx, s, 0)
}

// setDrop makes sequencers, replicas, front-ends and this process's clients drop this share of the datagrams
// that they receive.
func setDrop(ctx context.Context, s *status.Cluster, rate float64) error {
	transport.SetDrop(rate)
	client := &http.Client{Timeout: time.Second}
	var errs []error
	for _, p := range slices.Concat(s.Sequencers, s.Groups[0].Replicas, s.FrontEnds) {
		url := fmt.Sprintf("http://%s/faults?drop=%g", p.Address, rate)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.Name, err))
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			errs = append(errs, fmt.Errorf("%s: fault injection: %s", p.Name, response.Status))
		}
	}
	return errors.Join(errs...)
}

// serving returns nil if the group executes requests.
func serving(_ context.Context, s *status.Cluster) error { return s.Serving() }

// newSession returns nil if the group is served in a later session than that of the killed sequencer.
func (f *saboteur) newSession(ctx context.Context, s *status.Cluster) error {
	if session := s.Groups[0].Session; session <= f.session {
		return fmt.Errorf("session is %d, expected a later one than %d", session, f.session)
	}
	return serving(ctx, s)
}

// whole returns nil if every role answers and every replica is normal in the leader's view.
func whole(_ context.Context, s *status.Cluster) error { return s.Whole() }
