package server

import (
	"context"
	"fmt"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/transport"
)

// FromFile returns the configuration of replica number index of a group in a cluster file. The name may be empty if there is
// only one group.
func FromFile(f *cluster.File, group string, index int, sm replica.StateMachine) (Config, error) {
	g, err := f.PickGroup(group)
	if err != nil {
		return Config{}, err
	}
	if index < 0 || index >= len(g.Replicas) {
		return Config{}, fmt.Errorf("%s: group %s has no replica %d, expected 0 to %d", f.Path, g.Name, index, len(g.Replicas)-1)
	}
	keys, err := f.Keys()
	if err != nil {
		return Config{}, err
	}
	cfg := Config{
		Cluster: f.Name, Group: g.Number(), Self: index, Keys: keys, StateMachine: sm,
		Dir: f.Resolve(g.Replicas[index].Dir),
		MTU: f.MTU, Timing: f.Timing, Limits: f.Limits,
	}
	for _, r := range g.Replicas {
		cfg.Replicas = append(cfg.Replicas, transport.Peer{Addr: r.Address, Bulk: r.Bulk})
	}
	for _, c := range f.Controllers {
		cfg.Controllers = append(cfg.Controllers, c.Address.String())
	}
	return cfg, nil
}

// ListenAndServe runs replica number index of the cluster file's only group until ctx is done. sm is the replicated service. The
// replica must have been bootstrapped, see Bootstrap.
func ListenAndServe(ctx context.Context, clusterFile string, index int, sm replica.StateMachine) error {
	f, err := cluster.Load(clusterFile)
	if err != nil {
		return err
	}
	cfg, err := FromFile(f, "", index, sm)
	if err != nil {
		return err
	}
	s, err := New(cfg)
	if err != nil {
		return err
	}
	return s.Run(ctx)
}
