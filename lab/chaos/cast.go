//go:build linux

package chaos

import (
	"context"
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/internal/status"
)

// cast maps the roles that move to those that play them.
type cast map[role][]role

func newCast(all []role, s *status.Cluster) (cast, error) {
	g := s.Groups[0]
	if g.Leader < 0 || g.Sequencer == "" {
		return nil, fmt.Errorf("no leader (%d) or no active sequencer (%q), expected both", g.Leader, g.Sequencer)
	}
	c := cast{
		everybody: all,
		leader:    {role(fmt.Sprintf("replica-%d", g.Leader))},
		follower:  {role(fmt.Sprintf("replica-%d", (g.Leader+1)%len(g.Replicas)))},
		sequencer: {role(g.Sequencer)},
	}
	for _, p := range s.Sequencers {
		if p.Name != g.Sequencer {
			c[standby] = []role{role(p.Name)}
		}
	}
	return c, nil
}

// resolve returns the roles that these stand for, each once.
func (c cast) resolve(roles []role) []role {
	var who []role
	for _, r := range roles {
		actors, ok := c[r]
		if !ok {
			actors = []role{r}
		}
		for _, a := range actors {
			if !slices.Contains(who, a) {
				who = append(who, a)
			}
		}
	}
	return who
}

// whole waits until every role answers, every replica is normal in the leader's view, and a write through
// a front-end commits.
func (r *run) whole(ctx context.Context) (*status.Cluster, error) {
	return r.cluster.Await(ctx, wholePatience, r.cluster.Whole)
}
