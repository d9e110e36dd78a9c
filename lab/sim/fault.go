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
	crash            FaultKind = iota + 1 // replica Node crashes, and restarts after For without its log
	crashAtRecord                         // replica Node crashes when it next persists; Arg: a moment below
	crashAtWork                           // replica Node crashes when it next encodes or loads a part of a snapshot; Arg: a moment below
	crashAtTransfer                       // replica Node crashes with a bulk message in flight; Arg: a moment below
	gone                                  // replica Node loses its disk and never comes back
	pause                                 // node Node is descheduled for For; its socket buffers a little
	slow                                  // messages to node Node take up to Arg µs longer
	clockJump                             // the clock of node Node goes forward by Arg µs at once
	cutIn                                 // Node receives nothing
	cutOut                                // Node's messages are lost
	cutPair                               // messages from Node to node Arg are lost, not those back
	split                                 // a partition between the nodes in bit mask Arg and the others
	lossBurst                             // Arg per million of all datagrams are lost
	lossAt                                // Arg per million of the datagrams to Node are lost
	loseNext                              // the next Arg stamped datagrams to Node are lost
	stopSequencer                         // sequencer Node crashes, and restarts after For with empty tables
	wipe                                  // sequencer Node loses entries and counters but keeps its streams; Arg 1: it loses its program too
	zombie                                // the controller cannot reach sequencer Node, which keeps working
	stopController                        // the controller crashes, and restarts after For
	stopControllerAt                      // the controller crashes on the way to a new session; Arg: a moment below
	spuriousFailover                      // the controller replaces a healthy sequencer
	crashClient                           // client Node crashes with outstanding operations; a new one starts after For
	isolate                               // a partition between replica Node and the other replicas, not the sequencer
	mute                                  // messages from replica Node to replica Arg are lost, not those back
	linger                                // messages from replica Node to replica Arg take up to lingerMax longer
	deaf                                  // replica Node receives no stamped datagrams any more
	stuck                                 // sequencer Node forwards nothing any more; its control plane works
	forge                                 // an attacker without keys sends replica Node stamped datagrams; Arg 1: of a new session
)

// Moments of crashAtRecord.
const (
	beforeRecord = iota // not durable
	afterRecord
	recordMoments
)

// Moments of crashAtWork.
const (
	whileWorking = iota
	afterWorking
	workMoments
)

// Moments of crashAtTransfer.
const (
	beforeReceiving = iota // the bulk message has no effect
	afterReceiving
	whileSending // it may still arrive
	transferMoments
)

// Moments of stopControllerAt, in the order of the steps to a new session.
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

// A Node (and, for mute and linger, an Arg) that is a replica may be relative to the leader of the highest view at
// that time: leading is that leader, leading-1 the next one, and so on.
const leading = -1

// lingerMax exceeds the duration of a view change.
const lingerMax = 40 * time.Millisecond

var faultNames = [...]string{
	crash: "crash", crashAtRecord: "crash-at-record", crashAtWork: "crash-at-work",
	crashAtTransfer: "crash-at-transfer", gone: "gone", pause: "pause", slow: "slow", clockJump: "clock-jump",
	cutIn: "cut-in", cutOut: "cut-out", cutPair: "cut-pair", split: "split", lossBurst: "loss-burst",
	lossAt: "loss-at", loseNext: "lose-next", stopSequencer: "stop-sequencer", wipe: "wipe", zombie: "zombie",
	stopController: "stop-controller", stopControllerAt: "stop-controller-at", spuriousFailover: "spurious-failover",
	crashClient: "crash-client", isolate: "isolate", mute: "mute", linger: "linger", deaf: "deaf", stuck: "stuck",
	forge: "forge",
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
	Node int // replica, sequencer or client number; for pause, slow, clockJump, lossAt and the cuts a node number
	Arg  int
	For  time.Duration
}

func (f Fault) String() string {
	return fmt.Sprintf("%v %v node=%d arg=%d for=%v", f.At, f.Kind, f.Node, f.Arg, f.For)
}
