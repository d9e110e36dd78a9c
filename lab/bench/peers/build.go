package peers

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// The systems of this package, for role.Spec.
const (
	Etcd      = "etcd-raft"
	Hashicorp = "hashicorp-raft"
)

// Build creates the role that a Spec describes: a replica of one of the Raft libraries, or any role of
// package role.
func Build(s *role.Spec) (role.Part, error) {
	build := newEtcd
	switch {
	case s.Kind == role.KindServer && s.System == Etcd:
	case s.Kind == role.KindServer && s.System == Hashicorp:
		build = newHashicorp
	default:
		return role.Build(s)
	}
	if s.Index < 0 || s.Index >= len(s.Replicas) {
		return nil, fmt.Errorf("replica %d, expected 0 to %d", s.Index, len(s.Replicas)-1)
	}
	return build(s)
}
