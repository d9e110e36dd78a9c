package limits

import "time"

// Timing has the intervals of the protocol. A process that the machine does not run for longer than a suspicion time looks
// dead to its peers: on shared or overloaded machines, raise SuspectLeader and SuspectSequencer first.
type Timing struct {
	// TickInterval is the pause in the stamped messages after which the leader multicasts a TICK. Raising it delays the
	// detection of a lost last message and requires a longer SuspectSequencer; lowering it costs an idle group datagrams.
	TickInterval time.Duration `yaml:"tick,omitempty" default:"1ms"`
	// TickMax is the longest time between two TICKs under load. Raising it coarsens the logical time that the state machine
	// sees; lowering it takes message numbers.
	TickMax time.Duration `yaml:"tick_max,omitempty" default:"10ms"`
	// PingInterval is the time between two PINGs of the leader. Raising it saves datagrams and requires a longer
	// SuspectLeader.
	PingInterval time.Duration `yaml:"ping,omitempty" default:"5ms"`
	// SuspectLeader is the silence after which a follower suspects the leader, at least twice PingInterval. Raising it
	// delays failover and avoids needless view changes.
	SuspectLeader time.Duration `yaml:"suspect_leader,omitempty" default:"40ms"`
	// SuspectSequencer is the pause in the stamped messages after which a replica suspects the sequencer, at least twice
	// TickInterval. Raising it delays failover and avoids needless sessions.
	SuspectSequencer time.Duration `yaml:"suspect_sequencer,omitempty" default:"30ms"`
	// ViewChange is the time in which a view change must finish, doubled for each that does not. Raising it delays the next
	// attempt after a failed one; with less time than the logs take to merge, the first attempts fail.
	ViewChange time.Duration `yaml:"view_change,omitempty" default:"40ms"`
	// Retransmit is the time after which a replica repeats a message that was not answered. Raising it slows down every repair
	// after a loss; below the round trip it doubles traffic.
	Retransmit time.Duration `yaml:"retransmit,omitempty" default:"2ms"`
	// Grace is the reordering that a receiver tolerates before a missing message counts as lost. Raising it delays every repair
	// by as much; lowering it repairs messages that were only late.
	Grace time.Duration `yaml:"grace,omitempty" default:"200us"`
	// GapBound is the longest time for which the leader asks its peers for a message before it proposes a NO-OP. Raising it
	// holds up the log behind a message that nobody received; lowering it makes clients retry requests that a peer had.
	GapBound time.Duration `yaml:"gap_bound,omitempty" default:"5ms"`
	// SyncInterval is the longest time between two sync points. Raising it saves messages and lengthens the part of the
	// log that followers execute late and that a deposed leader rolls back.
	SyncInterval time.Duration `yaml:"sync_interval,omitempty" default:"5ms"`
}
