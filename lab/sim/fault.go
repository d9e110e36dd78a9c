package sim

import (
	"fmt"
	"time"
)

// FaultKind says what a Fault does.
type FaultKind uint8

// The faults. Those with a duration end by themselves; at the end of the load all are over. What waits for a
// moment ("when it next …") gives up after For, which is also how long the node stays down.
const (
	Crash            FaultKind = iota + 1 // replica Node dies; restarted after For without its log
	CrashAtRecord                         // replica Node dies when it next persists; Arg: a recordMoment
	CrashAtSnapshot                       // replica Node dies when it next writes a snapshot; Arg: a snapshotMoment
	CrashAtTransfer                       // replica Node dies with a bulk message in flight; Arg: a transferMoment
	Gone                                  // replica Node dies for good: its disk is lost
	Pause                                 // node Node is stopped for For; its socket buffers a little
	Slow                                  // messages to node Node take up to Arg µs longer
	ClockJump                             // the clock of node Node goes forward by Arg µs at once
	CutIn                                 // nobody reaches Node
	CutOut                                // Node reaches nobody
	CutPair                               // Node does not reach node Arg, which still reaches it
	Split                                 // the nodes in bit mask Arg and the others do not reach each other
	LossBurst                             // Arg per million of all datagrams are lost
	LossAt                                // Arg per million of the datagrams to Node are lost
	LoseNext                              // the next Arg stamped datagrams to Node are lost
	StopSequencer                         // sequencer Node dies, comes back after For with empty tables
	Wipe                                  // sequencer Node loses entries and counters, its streams stay; Arg 1: its program too
	Zombie                                // the controller cannot reach sequencer Node, which lives on
	StopController                        // the controller dies, restarts after For
	StopControllerAt                      // the controller dies on the way to a new session; Arg: a controllerMoment
	SpuriousFailover                      // the controller moves on from a healthy sequencer
	CrashClient                           // client Node dies with what it has outstanding; a new one starts after For
	Isolate                               // replica Node and the others do not reach each other; the sequencer reaches it
	Mute                                  // replica Node does not reach replica Arg, and is reached
	Linger                                // what replica Node sends replica Arg takes up to lingerMax longer
	Deaf                                  // no stamped datagram reaches replica Node any more, for good
	Stuck                                 // sequencer Node forwards nothing any more, for good; its control plane lives
	Forge                                 // somebody without keys sends replica Node stamped datagrams; Arg 1: of a new session
)

// Moments of CrashAtRecord.
const (
	beforeRecord = iota // it is not durable
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
	beforeReceiving = iota // a bulk message has arrived, and nothing came of it
	afterReceiving
	whileSending // it arrives, or does not
	transferMoments
)

// Moments of StopControllerAt, in the order in which a session comes to be.
const (
	numberWanted       = iota // and asked of the store
	numberDurable             // the core has not heard of it
	numberKnown               // the core has: what it wants done next is lost
	sessionOnItsWay           // to the sequencer, where it arrives all the same
	sessionInstalled          // the core has not heard of it
	sessionConfirmed          // the core has, nobody else
	sessionHalfwayTold        // some nodes have been told
	controllerMoments
)

// Where Node (and, for Mute and Linger, Arg) names a replica, it may be relative to the leader of the highest
// view at that time: leading is that leader, leading-1 the one after it, and so on.
const leading = -1

// lingerMax is longer than a view change takes.
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
	Node int // replica, sequencer or client number; of Pause, Slow, ClockJump, LossAt and the cuts a node's
	Arg  int
	For  time.Duration
}

func (f Fault) String() string {
	return fmt.Sprintf("%v %v node=%d arg=%d for=%v", f.At, f.Kind, f.Node, f.Arg, f.For)
}
