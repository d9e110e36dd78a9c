package sim

import (
	"fmt"
	"time"
)

// FaultKind is the kind of a Fault.
type FaultKind uint8

// The faults. Those with a duration end by themselves, at the latest with the load. A fault that waits for a moment
// ("at the next …") gives up after For, which is also the node's downtime.
const (
	Crash            FaultKind = iota + 1 // replica Node crashes, and restarts after For without its log
	CrashAtRecord                         // replica Node crashes when it next persists; Arg: a moment below
	CrashAtSnapshot                       // replica Node crashes when it next writes a snapshot; Arg: a moment below
	CrashAtTransfer                       // replica Node crashes with a bulk message in flight; Arg: a moment below
	Gone                                  // replica Node loses its disk and never comes back
	Pause                                 // node Node is descheduled for For; its socket buffers a little
	Slow                                  // messages to node Node take up to Arg µs longer
	ClockJump                             // the clock of node Node goes forward by Arg µs at once
	CutIn                                 // Node receives nothing
	CutOut                                // Node's messages are lost
	CutPair                               // messages from Node to node Arg are lost, not those back
	Split                                 // a partition between the nodes in bit mask Arg and the others
	LossBurst                             // Arg per million of all datagrams are lost
	LossAt                                // Arg per million of the datagrams to Node are lost
	LoseNext                              // the next Arg stamped datagrams to Node are lost
	StopSequencer                         // sequencer Node crashes, and restarts after For with empty tables
	Wipe                                  // sequencer Node loses entries and counters but keeps its streams; Arg 1: it loses its program too
	Zombie                                // the controller cannot reach sequencer Node, which keeps working
	StopController                        // the controller crashes, and restarts after For
	StopControllerAt                      // the controller crashes on the way to a new session; Arg: a moment below
	SpuriousFailover                      // the controller replaces a healthy sequencer
	CrashClient                           // client Node crashes with outstanding operations; a new one starts after For
	Isolate                               // a partition between replica Node and the other replicas, not the sequencer
	Mute                                  // messages from replica Node to replica Arg are lost, not those back
	Linger                                // messages from replica Node to replica Arg take up to lingerMax longer
	Deaf                                  // replica Node receives no stamped datagrams any more
	Stuck                                 // sequencer Node forwards nothing any more; its control plane works
	Forge                                 // an attacker without keys sends replica Node stamped datagrams; Arg 1: of a new session
)

// Moments of CrashAtRecord.
const (
	beforeRecord = iota // not durable
	afterRecord
	recordMoments
)

// Moments of CrashAtSnapshot.
const (
	whileWriting = iota
	afterWriting
	snapshotMoments
)

// Moments of CrashAtTransfer.
const (
	beforeReceiving = iota // the bulk message has no effect
	afterReceiving
	whileSending // it may still arrive
	transferMoments
)

// Moments of StopControllerAt, in the order of the steps to a new session.
const (
	numberWanted       = iota // the store is being asked
	numberDurable             // the core does not know
	numberKnown               // the core knows; its next effect is lost
	sessionOnItsWay           // it still arrives at the sequencer
	sessionInstalled          // the core does not know
	sessionConfirmed          // only the core knows
	sessionHalfwayTold        // some nodes know
	controllerMoments
)

// A Node (and, for Mute and Linger, an Arg) that is a replica may be relative to the leader of the highest view at
// that time: leading is that leader, leading-1 the next one, and so on.
const leading = -1

// lingerMax exceeds the duration of a view change.
const lingerMax = 40 * time.Millisecond

var faultNames = [...]string{
	Crash: "crash", CrashAtRecord: "crash-at-record", CrashAtSnapshot: "crash-at-snapshot",
	CrashAtTransfer: "crash-at-transfer", Gone: "gone", Pause: "pause", Slow: "slow", ClockJump: "clock-jump",
	CutIn: "cut-in", CutOut: "cut-out", CutPair: "cut-pair", Split: "split", LossBurst: "loss-burst",
	LossAt: "loss-at", LoseNext: "lose-next", StopSequencer: "stop-sequencer", Wipe: "wipe", Zombie: "zombie",
	StopController: "stop-controller", StopControllerAt: "stop-controller-at", SpuriousFailover: "spurious-failover",
	CrashClient: "crash-client", Isolate: "isolate", Mute: "mute", Linger: "linger", Deaf: "deaf", Stuck: "stuck",
	Forge: "forge",
}

func (k FaultKind) String() string {
	if int(k) < len(faultNames) && faultNames[k] != "" {
		return faultNames[k]
	}
	return fmt.Sprintf("fault-%d", uint8(k))
}

// Fault is one entry of the plan.
type Fault struct {
	At   time.Duration
	Kind FaultKind
	Node int // replica, sequencer or client number; for Pause, Slow, ClockJump, LossAt and the cuts a node number
	Arg  int
	For  time.Duration
}

func (f Fault) String() string {
	return fmt.Sprintf("%v %v node=%d arg=%d for=%v", f.At, f.Kind, f.Node, f.Arg, f.For)
}
