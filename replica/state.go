package replica

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// phase is the replica's status in the sense of the protocol. Status is the report to operators.
type phase uint8

const (
	phaseNormal phase = iota
	phaseViewChange
	phaseRecovering
)

func (p phase) String() string {
	return [...]string{"normal", "view-change", "recovering"}[p]
}

// Core is one replica's protocol state machine. It is not safe for concurrent use.
//
// Its state is grouped by lifetime: the durable record survives the process, logState and the peers last as long
// as the process, and viewState lasts until the view is left.
type Core struct {
	// Constant.
	cfg  Config
	f    int // replicas that may fail: N is 2f+1
	sm   StateMachine
	undo Undoer // sm, if it can take operations back; else nil

	// Input and output.
	now time.Duration
	// wakeAt is the last result of Deadline: an input later than that shows for how long this process was
	// descheduled.
	wakeAt  time.Duration
	decoder wire.Decoder
	output
	scratch []byte
	err     error // the violated invariant that has stopped the core

	// The state of the protocol, by lifetime.
	durable Record // survives the process: persist writes it
	phase   phase
	rx      *oumlib.Receiver
	logState
	peers      []peer // by replica number
	recovery   recovery
	attempts   int           // views gone to since the last one that worked, see viewWorks
	rtt        time.Duration // smoothed round trip to the fastest followers, by synchronization; 0 if unknown
	prefetched *viewLog      // fetched for a view that was left before it was entered; or nil
	incoming   *incoming     // snapshot being fetched; or nil
	view       viewState     // until the view is left
}

// logState is the log with the positions in it, and the state executed from it. It belongs to the last-normal
// view: moving to a higher view leaves it unchanged, because a VIEW-CHANGE carries it, and entering a view
// replaces what differs in one step.
type logState struct {
	log       log
	base      uint64 // the slot before message 1 of the session
	syncPoint uint64 // end of the stable prefix
	executed  uint64 // operations at or below it are in the state machine
	table     clients.Table
	logTime   uint64 // logical time at the end of the log
	clock     clock  // logical time now, which the next TICK carries
	snapshots snapshots
}

// peer is the state kept for another replica. An incarnation is 0 if there is none yet.
type peer struct {
	incarnation    uint64        // the newest
	heardAt        time.Duration // when its last message arrived
	toldAt         time.Duration // when it was last told that this replica's view is higher
	recoverHandled uint64        // incarnation whose RECOVER has started a view change
	active         uint64        // incarnation that has taken part in a view
	outgoing       *outgoing     // snapshot that it is fetching; or nil
}

// viewState is the state of the current view. leaveView replaces it in one assignment.
type viewState struct {
	enteredAt time.Duration

	// In status normal.
	window    window
	high      uint64 // highest slot known to exist
	gaps      gapState
	sync      syncState
	health    health
	startView startView
	repair    *repair

	// On the way into the view.
	change  viewChange
	catchUp *catchUp

	fetch *fetch // for any of these
}

// leaveView replaces the state of the view by an empty one.
func (c *Core) leaveView() {
	c.keepPrefetched()
	c.view.window.reset() // keeps its memory
	c.view = viewState{
		window: c.view.window, high: c.log.end,
		gaps: gapState{at: monotime.Never}, startView: startView{at: monotime.Never},
	}
}

// output is the core's output and the memory for it.
type output struct {
	effects  []Effect
	buf      []byte // memory of the effects' data
	messages outbox
	counters Counters
}

// outbox is reused memory for frequent messages.
type outbox struct {
	syncPrepare wire.SyncPrepare
	syncRep     wire.SyncRep
	syncCommit  wire.SyncCommit
	ping        wire.Ping
}
