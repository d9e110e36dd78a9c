package replica

import (
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// phase is the replica's status in the sense of the protocol; the name Status is taken by what operators see.
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
// Its state is grouped by how long it lasts: the durable record outlives the process, the log and what is
// known of the peers last as long as the process, and the state of a view as long as the view.
type Core struct {
	cfg  Config
	f    int // replicas that may fail: N is 2f+1
	sm   StateMachine
	undo Undoer // sm, if it can take operations back; else nil
	err  error

	now time.Duration
	// wakeAt is what Deadline returned last: an input later than that tells for how long this process was
	// descheduled.
	wakeAt time.Duration
	output
	decoder wire.Decoder
	scratch []byte

	durable Record // the durable record, see persist
	phase   phase
	rx      *oumlib.Receiver
	logState
	peers      []peer // by replica number
	recovery   recovery
	prefetched *viewLog      // fetched for a view that was left before it was entered, or nil
	attempts   int           // views gone to since the last one that worked, see viewWorks
	rtt        time.Duration // smoothed round trip to the fastest followers, measured by synchronization; 0 if it is not known

	view viewState
}

// logState is the log and what was executed of it. Going to a view leaves it as it is, for it is what a
// VIEW-CHANGE carries; entering one replaces what differs in one step.
type logState struct {
	log       log
	base      uint64 // the slot before message 1 of the session
	syncPoint uint64 // end of the stable prefix
	executed  uint64 // operations at or below are in the state machine
	table     clients.Table
	logTime   uint64        // logical time at the end of the log
	logTimeAt time.Duration // when the log reached logTime
	snapshots snapshots
}

// peer is what is known of another replica. Incarnations are 0 until there is one.
type peer struct {
	incarnation    uint64        // the newest
	heardAt        time.Duration // when a message of it arrived last
	toldAt         time.Duration // when it was told last that our view is higher
	recoverHandled uint64        // incarnation whose RECOVER made us start a view change
	active         uint64        // incarnation that has taken part in a view
}

// viewState is what holds for the current view only. leaveView replaces it whole.
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

// leaveView replaces the state of the view that is left by that of a view of which nothing is known.
func (c *Core) leaveView() {
	c.keepPrefetched()
	c.view.window.reset() // its memory stays
	c.view = viewState{
		window: c.view.window, high: c.log.end,
		gaps: gapState{at: monotime.Never}, startView: startView{at: monotime.Never},
	}
}

// output is what the core wants done, and the memory for it.
type output struct {
	effects  []Effect
	buf      []byte // what the effects' data lies in
	messages outbox
	counters Counters
}

// outbox is memory for the messages that are sent all the time.
type outbox struct {
	syncPrepare wire.SyncPrepare
	syncRep     wire.SyncRep
	syncCommit  wire.SyncCommit
	ping        wire.Ping
}
