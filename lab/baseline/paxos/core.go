package paxos

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
)

const maxBatch = 1 << 10

// New returns a replica of an empty state machine, with up to batch requests in a PREPARE.
func New(cfg vr.Config, batch int, sm replica.StateMachine) (*vr.Replica, error) {
	if batch < 1 || batch > maxBatch {
		return nil, fmt.Errorf("paxos: Batch is %d requests, expected 1 to %d", batch, maxBatch)
	}
	p := &protocol{batch: batch, index: vr.NewIndex(), acked: make([]uint64, max(cfg.N, 0)), resendAt: monotime.Never}
	r, err := vr.New(cfg, sm, p, vr.Traits{})
	p.Replica = r
	return r, err
}
