package replica

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/netordered/nopaxos/replica/wire"
)

// Earlier implementations of the protocol failed in fourteen ways. Each has a test, TestEarlierFailureNN…: those
// of the protocol here, those that need processes and sockets in package server. If scenarios cover a failure,
// the test runs them, so that the list is complete in one place.

// scenarios runs the named scenarios.
func scenarios(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		t.Run(name, func(t *testing.T) { runScenario(t, "testdata/scenarios/"+name+".txt") })
	}
}

// commands runs scenario commands.
func (w *scenarioWorld) commands(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := w.run(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

// A new leader that had executed an operation as a follower had no stored reply: a retried request got an empty
// result.
func TestEarlierFailure02RetryAtNewLeader(t *testing.T) {
	scenarios(t, "retried-request-new-leader", "register-retried", "request-executes-once")
}

// State transfer to a follower never completed, because the last slot was inclusive on one side and exclusive on
// the other. Here a replica that lacks the last k slots takes part in a view change, and leads it, for every k
// around the sync points and snapshots, which are four slots apart.
func TestEarlierFailure03StateTransferEnds(t *testing.T) {
	scenarios(t, "new-leader-lacks-prefix", "restarted-follower-snapshot", "holder-dies-during-merge")
	for _, leader := range []int{1, 2} {
		for lag := range 14 {
			w := newLossWorld(t)
			w.commands(t, "register client=a")
			for i := 1; i <= 13; i++ {
				w.nodes[1].up = i <= 13-lag // descheduled
				w.commands(t, fmt.Sprintf("request client=a id=%d low=%d", i, i), "pass 1ms")
			}
			w.nodes[1].up = true
			for range leader {
				w.commands(t, "suspect 2", "pass 20ms")
			}
			w.commands(t, "request client=a id=14 low=14", "pass 200ms")
			if problem := w.diverged(); problem != "" {
				t.Errorf("replica 1 lacks %d slots, the new leader-num is %d: %s", lag, leader, problem)
			}
		}
	}
}

// A deposed leader that was alive panicked, because it had to roll back what it had executed ahead of the others.
// It rolls back by undo records, or to its snapshot.
func TestEarlierFailure04DeposedLeaderRollsBack(t *testing.T) {
	scenarios(t, "deposed-leader-rolls-back", "deposed-leader-undoes", "stale-leader")
}

// A restarted replica rejoined with an empty log, and acknowledged writes could be lost.
func TestEarlierFailure06RestartedReplica(t *testing.T) {
	scenarios(t, "restarted-follower", "restarted-leader", "recover-needs-a-higher-view",
		"recovering-says-nothing-else", "session-and-restart")
}

// The log, the request map, the gap set and the client table grew without bound, by 330 bytes per operation. Here
// ten million operations of a hundred clients, of which one in 500 is lost on the way to one of the replicas,
// take no more memory than the first million.
func TestEarlierFailure08MemoryIsBounded(t *testing.T) {
	operations := 10_000_000
	if testing.Short() || raceEnabled {
		operations = 300_000
	}
	const clients, lossEvery, burst = 100, 500, 64
	tr := newTrio(t)
	replyTo := netip.MustParseAddrPort("127.0.0.1:9")
	round := func() {
		tr.now += 100 * time.Microsecond
		for _, c := range tr.cores {
			c.Tick(tr.now)
		}
		tr.settle(t)
	}
	for i := range uint64(clients) {
		d := tr.stamp(&wire.Request{Register: true, Client: wire.ClientID{Hi: 1, Lo: i}, ID: 1, Low: 1, ReplyTo: replyTo})
		for _, c := range tr.cores {
			c.Stamped(tr.now, d)
		}
	}
	round()
	op := make([]byte, 64)
	send := func(i int) {
		id := uint64(i/clients + 1)
		d := tr.stamp(&wire.Request{Client: wire.ClientID{Lo: uint64(i%clients + 1)}, ID: id, Low: id, ReplyTo: replyTo, Op: op})
		for k, c := range tr.cores {
			if i%lossEvery != 0 || i/lossEvery%len(tr.cores) != k {
				c.Stamped(tr.now, d)
			}
		}
		if i%burst == 0 {
			round()
		}
	}
	warm := operations / 10
	for i := range warm {
		send(i)
	}
	before := heapInUse()
	for i := warm; i < operations; i++ {
		send(i)
	}
	round()
	after := heapInUse()

	// 330 bytes per operation would be 3 GB; the whole process has to stay below this.
	const heapBound, heapGrowth = 192 << 20, 16 << 20
	if after > heapBound || after > before+heapGrowth {
		t.Errorf("the heap holds %d MiB after %d operations and %d MiB after %d, expected at most %d MiB and no growth above %d MiB",
			before>>20, warm, after>>20, operations, heapBound>>20, heapGrowth>>20)
	}
	for i, c := range tr.cores {
		cfg, s := &c.cfg, c.Status()
		if s.Executed+2*cfg.SyncSlots < uint64(operations) || c.counters.SlotsAsked == 0 {
			t.Errorf("replica %d executed %d operations and asked for %d slots: %+v", i, s.Executed, c.counters.SlotsAsked, s)
		}
		if bound := cfg.KeepLog + cfg.Snapshot + 2*cfg.SyncSlots; c.log.len() > bound {
			t.Errorf("replica %d has %d slots in its log, expected at most %d", i, c.log.len(), bound)
		}
		results, changes := c.table.Usage()
		if changes > int(4*cfg.SyncSlots) {
			t.Errorf("replica %d has a journal of %d changes, expected at most %d", i, changes, 4*cfg.SyncSlots)
		}
		if n := c.table.Len(); n != clients {
			t.Errorf("replica %d knows %d clients, expected %d", i, n, clients)
		}
		if results > 64*clients {
			t.Errorf("replica %d keeps %d results of %d clients with one request each, expected at most %d", i, results, clients, 64*clients)
		}
	}
}

// heapInUse returns the size of the reachable memory, in bytes.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A replica that fetched slot by slot, each with a timer of 5 ms, never caught up under load. Here a replica that
// slept through 5000 slots catches up within a few round trips and with a few messages, while messages take a
// millisecond and 50 requests arrive in each.
func TestEarlierFailure10FarBehindUnderLoad(t *testing.T) {
	scenarios(t, "wide-gap-in-bulk")
	const behind, perMillisecond, sleeper = 5000, 50, 2
	w := &scenarioWorld{}
	w.commands(t, "cluster n=3 tick=1ms tick-max=10ms ping=5ms suspect-leader=30ms suspect-sequencer=20ms "+
		"view-change=40ms retransmit=2ms grace=200us gap-bound=5ms sync-interval=5ms", "mute REPLY", "register client=a")
	w.quiet = true
	id, lookups := 0, 0
	w.onFly = func(f *flying) bool {
		if f.from == sleeper && f.kind == wire.KindSlotLookup {
			lookups++
		}
		return true
	}
	millisecond := func() {
		for range perMillisecond {
			id++
			w.commands(t, fmt.Sprintf("request client=a id=%d low=%d", id, id))
		}
		w.hop(t)
	}
	for range 3 {
		millisecond()
	}
	w.nodes[sleeper].up = false
	for id < behind {
		millisecond()
	}
	w.nodes[sleeper].up = true
	leader, late := w.nodes[0].core, w.nodes[sleeper].core
	const patience, maxLookups = 30, 20 // milliseconds, messages
	waited := 0
	for ; late.log.end != leader.log.end || late.syncPoint+5*perMillisecond < leader.syncPoint; waited++ {
		if waited == patience {
			t.Fatalf("after %d ms and %d lookups the replica is at slot %d with sync point %d, the leader at %d with %d",
				waited, lookups, late.log.end, late.syncPoint, leader.log.end, leader.syncPoint)
		}
		millisecond()
	}
	t.Logf("caught up after %d ms with %d lookups", waited, lookups)
	if lookups > maxLookups {
		t.Errorf("the replica sent %d lookups for %d slots, expected at most %d", lookups, behind, maxLookups)
	}
	if leader.durable.View != (wire.View{Session: 1}) {
		t.Errorf("the view is %v: a view change helped", leader.durable.View)
	}
}

// hop lets a millisecond pass and then delivers what was in flight before.
func (w *scenarioWorld) hop(t *testing.T) {
	t.Helper()
	flight := w.flight
	w.flight = nil
	w.commands(t, "tick 1ms")
	for _, f := range flight {
		w.arrive(f)
	}
	w.nextTimer() // as event loops do after a batch; the replica notices from it that it slept
}

// A gap blocked the leader for everything behind it, and gaps were repaired one at a time. Here the leader lacks
// every second of a hundred messages, and repairs all of them in the round trips of one.
func TestEarlierFailure12GapsSideBySide(t *testing.T) {
	scenarios(t, "gaps-side-by-side", "no-op-after-bound")
	for _, c := range []struct {
		lose  string // at whom
		hops  int    // messages on the longest path, plus two for grace and bound
		state int
	}{
		{"0", 2, 101},  // GAP-ASK, SLOT-ENTRIES
		{"all", 6, 51}, // and GAP-COMMIT, GAP-COMMIT-REP
	} {
		for _, gaps := range []int{1, 50} {
			w := &scenarioWorld{}
			w.commands(t, "cluster n=3 gap-bound=2ms", "mute REPLY", "register client=a")
			for id := 1; id <= 101; id++ {
				lose := "none"
				if id%2 == 0 && id/2 <= gaps {
					lose = c.lose
				}
				w.commands(t, fmt.Sprintf("request client=a id=%d lose=%s", id, lose))
			}
			leader := w.nodes[0].core
			hops := 0
			for ; leader.executed != 102 && hops < 100; hops++ {
				w.hop(t)
			}
			if hops > c.hops {
				t.Errorf("%d messages lost at %s: the leader executed what is behind after %d messages in turn, expected %d", gaps, c.lose, hops, c.hops)
			}
			if n := len(w.nodes[0].sm.ops); gaps == 50 && n != c.state {
				t.Errorf("%d messages lost at %s: the leader executed %d operations, expected %d", gaps, c.lose, n, c.state)
			}
		}
	}
}

// A leader that held a lock across a gap request deadlocked with its own gap commit. The core has no locks; a
// group of one, whose gap commit has no other replica to answer it, makes progress, too.
func TestEarlierFailure13OwnGapCommit(t *testing.T) {
	scenarios(t, "leader-gap-no-op", "nothing-answered-behind-open-no-op", "late-request-after-no-op")
	w := &scenarioWorld{}
	w.commands(t, "cluster n=1 gap-bound=2ms", "register client=a", "request client=a id=1 lose=all", "request client=a id=2", "pass 10ms")
	if got := fmt.Sprint(w.nodes[0].sm.ops); got != "[a2]" {
		t.Errorf("a group of one that lost message 2 executed %s, expected [a2]", got)
	}
}
