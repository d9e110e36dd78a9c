package paxos

import (
	"fmt"

	"github.com/netordered/nopaxos/lab/baseline/vr"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica"
)

// Config configures a replica.
type Config struct {
	vr.Config
	// Batch is the maximum number of requests in a PREPARE; 0 and 1 mean no batching.
	Batch int
}

// maxBatch is the largest Batch.
const maxBatch = 1 << 10

// New returns a replica of an empty state machine.
func New(cfg Config, sm replica.StateMachine) (*vr.Replica, error) {
	if cfg.Batch < 0 || cfg.Batch > maxBatch {
		return nil, fmt.Errorf("paxos: Batch is %d requests, expected 0 to %d", cfg.Batch, maxBatch)
	}
	p := &protocol{batch: max(cfg.Batch, 1), index: vr.NewIndex(), acked: make([]uint64, max(cfg.N, 0)), resendAt: monotime.Never}
	r, err := vr.New(cfg.Config, sm, p, vr.Traits{})
	p.Replica = r
	return r, err
}
