//go:build linux

package chaos

import (
	"context"
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/internal/status"
)

// cast says who the roles that wander are.
type cast map[Role][]Role

func newCast(everybody []Role, s *status.Cluster) (cast, error) {
	g := s.Groups[0]
	if g.Leader < 0 || g.Sequencer == "" {
		return nil, fmt.Errorf("no leader (%d) or no active sequencer (%q), expected both", g.Leader, g.Sequencer)
	}
	c := cast{
		Everybody: everybody,
		Leader:    {Role(fmt.Sprintf("replica-%d", g.Leader))},
		Follower:  {Role(fmt.Sprintf("replica-%d", (g.Leader+1)%len(g.Replicas)))},
		Sequencer: {Role(g.Sequencer)},
	}
	for _, p := range s.Sequencers {
		if p.Name != g.Sequencer {
			c[Standby] = []Role{Role(p.Name)}
		}
	}
	return c, nil
}

// resolve returns whom the roles stand for, each once.
func (c cast) resolve(roles []Role) []Role {
	var who []Role
	for _, r := range roles {
		actors, ok := c[r]
		if !ok {
			actors = []Role{r}
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
