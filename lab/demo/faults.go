package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/lab/load"
)

// dropRate is the share of the datagrams they receive that sequencers, replicas, front-end and the
// demo's own client lose for a while: every hop of a request and of its replies.
const dropRate = 0.01

// recoveryPatience bounds how long the cluster may take to be whole again after a fault.
const recoveryPatience = 20 * time.Second

// saboteur breaks the cluster.
type saboteur struct {
	cluster *devcluster.Cluster
	load    *load.Load // whose client library is in this process

	leader    string // that was killed
	sequencer string // that was killed
	session   uint32 // when the sequencer was killed
}

// step is one fault: what is done, and when the cluster has got over it.
type step struct {
	name string
	do   func(ctx context.Context, s *status.Cluster) (detail string, err error)
	over func(s *status.Cluster) bool
}

// steps are the faults in the order in which they happen.
func (f *saboteur) steps() []step {
	return []step{
		{"kill the leader replica", f.killLeader, f.serving},
		{"restart it", f.restartLeader, f.whole},
		{"kill the active sequencer", f.killSequencer, f.newSession},
		{"restart it as a standby", f.restartSequencer, f.whole},
		{"drop 1% of datagrams", f.drop, f.serving},
		{"stop dropping", f.stopDropping, f.whole},
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

func (f *saboteur) drop(ctx context.Context, _ *status.Cluster) (string, error) {
	f.load.SetDrop(dropRate)
	return "", f.cluster.Drop(ctx, dropRate)
}

func (f *saboteur) stopDropping(ctx context.Context, _ *status.Cluster) (string, error) {
	f.load.SetDrop(0)
	return "", f.cluster.Drop(ctx, 0)
}

// serving: there is a leader with f normal followers.
func (f *saboteur) serving(s *status.Cluster) bool { return s.OK }

// newSession: the group is served in a later session than the one whose sequencer was killed.
func (f *saboteur) newSession(s *status.Cluster) bool {
	return s.OK && s.Groups[0].Session > f.session
}

// whole: every role answers and every replica is normal in the leader's view.
func (f *saboteur) whole(s *status.Cluster) bool { return s.Whole() == nil }

// await asks for the cluster's state until it is as wanted.
func (f *saboteur) await(ctx context.Context, wanted func(*status.Cluster) bool) (*status.Cluster, error) {
	const interval = 50 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, recoveryPatience)
	defer cancel()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		s := f.cluster.Status(ctx)
		if wanted(s) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the cluster was not whole again after %v", recoveryPatience)
		case <-ticker.C:
		}
	}
}
