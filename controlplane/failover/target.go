package failover

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// step is the housekeeping operation that is under way on a target. The steps follow one another in this order after
// every connection and at every audit.
type step uint8

const (
	stepIdle step = iota
	stepPipeline
	stepPush
	stepEntries
	stepPrepare
)

// A target that refused an install is no candidate for minPenalty, which doubles with each refusal.
const (
	minPenalty = 10 * time.Millisecond
	maxPenalty = time.Second
)

// target is the known state of one P4Runtime target: a sequencer, or another switch.
type target struct {
	sw        int    // its switch, or fabric.None
	conn      uint64 // number of the current or last connection
	connected bool
	ready     bool // pipeline and everything but sequence entries are in place
	heard     bool // read and prepared, or found unreachable, since the start
	step      step
	readOp    uint64 // operation number of the read under way
	auditAt   time.Duration
	retryAt   time.Duration // not a candidate before
	penalty   time.Duration
	entries   []entry // by group index
}

// entry is the sequence entry of one group on one target.
type entry struct {
	session uint32 // 0: none
	writing bool   // a write is under way
	touched uint64 // a write has ended: reads with an operation number up to this one say nothing
}

// SequenceEntry is a sequence entry that was read from a target.
type SequenceEntry struct {
	Group   uint32
	Session uint32
	Intact  bool // every action parameter is right for this session
}

// disconnect forgets the target's state: the next connection may find another process.
func (t *target) disconnect() {
	t.connected, t.ready, t.step = false, false, stepIdle
	clear(t.entries)
}

// penalize keeps the target from being a candidate for a while, longer each time.
func (t *target) penalize(now time.Duration) {
	t.penalty = min(max(2*t.penalty, minPenalty), maxPenalty)
	t.retryAt = now + t.penalty
}

// auditDeadline returns when the target is to be audited, or monotime.Never.
func (t *target) auditDeadline() time.Duration {
	if t.connected && t.step == stepIdle {
		return t.auditAt
	}
	return monotime.Never
}
