package worlds

import (
	"fmt"
	"slices"
	"strings"
)

// Bounds bound a world: the clients' requests and the number of faults. The explorer tries everything that they
// allow at every possible moment, in every combination.
type Bounds struct {
	Name     string
	Clients  int // 1 or 2
	Requests int // of each client, one at a time

	Drops         int // stamped messages lost on the way to one replica
	LeaderChanges int // time-outs after which a replica moves to the next leader
	Sessions      int // session changes
	Restarts      int // crashes after which a replica restarts without its log; one at a time
	Syncs         int // sync points proposed by a leader
	Resends       int // requests that reach the sequencer again: retransmitted, or duplicated by the network
	Reorders      int // stamped messages that overtake another on the way to a replica

	// Owed controls the liveness checks: from each end, with all replicas and without each one, and from every
	// Owed-th other state with all replicas; 0: from ends only.
	Owed int
	// Late also delivers messages of views that the receiver has left.
	Late bool
	// Undo makes the service an Undoer, so that rollback does not restore a snapshot.
	Undo bool
	// Snapshots makes replicas take a snapshot at every slot and truncate the log up to it.
	Snapshots bool
}

// String returns the bounds as text, without those that are 0.
func (b Bounds) String() string {
	parts := []string{fmt.Sprintf("%d×%d requests", b.Clients, b.Requests)}
	for _, p := range []struct {
		n    int
		what string
	}{
		{b.Drops, "drop"}, {b.LeaderChanges, "leader change"}, {b.Sessions, "session change"}, {b.Restarts, "restart"},
		{b.Syncs, "sync point"}, {b.Resends, "resend"}, {b.Reorders, "reordering"},
	} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.what)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.what))
		}
	}
	for _, p := range []struct {
		is   bool
		what string
	}{{b.Late, "late messages"}, {b.Snapshots, "snapshots"}, {!b.Undo, "no undo"}} {
		if p.is {
			parts = append(parts, p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// Check returns an error if the bounds exceed what a world can represent.
func (b *Bounds) Check() error {
	for _, p := range []struct {
		name      string
		n, lo, hi int
	}{
		{"clients", b.Clients, 1, 2}, {"requests", b.Requests, 1, 4}, {"drops", b.Drops, 0, 4}, {"leader changes", b.LeaderChanges, 0, 4},
		{"session changes", b.Sessions, 0, maxSessions - 1}, {"restarts", b.Restarts, 0, 4}, {"sync points", b.Syncs, 0, 4},
		{"resends", b.Resends, 0, 4}, {"reorderings", b.Reorders, 0, 4}, {"owed", b.Owed, 0, 1 << 30},
	} {
		if p.n < p.lo || p.n > p.hi {
			return fmt.Errorf("worlds: %d %s, expected %d to %d", p.n, p.name, p.lo, p.hi)
		}
	}
	return nil
}

// tiers has sets of worlds by name, each from the smallest world up, so that a bug shows early. A world combines
// only faults that are interesting together, so that it can be explored completely.
var tiers = map[string][]Bounds{
	"small": {
		{Name: "reordering", Clients: 2, Requests: 1, Reorders: 1, Drops: 1, Undo: true, Owed: 1},
		{Name: "stable", Clients: 1, Requests: 1, Drops: 1, LeaderChanges: 1, Syncs: 1, Snapshots: true, Owed: 4},
		{Name: "losses", Clients: 2, Requests: 1, Drops: 2, Syncs: 1, Undo: true, Owed: 1},
		{Name: "resends", Clients: 1, Requests: 1, Drops: 1, Resends: 3, Undo: true, Owed: 1},
		{Name: "rejoin-by-snapshot", Clients: 1, Requests: 1, Restarts: 1, Syncs: 1, Snapshots: true, Owed: 4},
		{Name: "rejoin", Clients: 1, Requests: 1, Drops: 1, Restarts: 1, Syncs: 1, Undo: true, Owed: 4},
		{Name: "join", Clients: 1, Requests: 1, Drops: 1, LeaderChanges: 1, Sessions: 1, Undo: true, Owed: 4},
		{Name: "session", Clients: 2, Requests: 1, Drops: 1, Sessions: 1, Late: true, Undo: true, Owed: 4},
		{Name: "late", Clients: 2, Requests: 1, LeaderChanges: 1, Late: true, Undo: true, Owed: 4},
		{Name: "leader", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Undo: true, Owed: 4},
		{Name: "resend-to-next-leader", Clients: 1, Requests: 1, LeaderChanges: 1, Syncs: 1, Resends: 1, Undo: true, Owed: 8},
		{Name: "resend", Clients: 1, Requests: 2, LeaderChanges: 1, Resends: 1, Undo: true, Owed: 8},
		{Name: "resend-and-sync", Clients: 1, Requests: 2, Drops: 1, Syncs: 1, Resends: 1, Undo: true, Owed: 8},
		{Name: "restart", Clients: 2, Requests: 1, Restarts: 1, Undo: true, Owed: 8},
	},
	"medium": {
		{Name: "losses", Clients: 2, Requests: 1, Drops: 2, Syncs: 1, Resends: 1, Undo: true, Owed: 16},
		{Name: "leader-and-sync", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Syncs: 1, Undo: true, Owed: 16},
		{Name: "late", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Late: true, Undo: true, Owed: 16},
		{Name: "join", Clients: 2, Requests: 1, LeaderChanges: 1, Sessions: 1, Undo: true, Owed: 16},
		{Name: "stable", Clients: 2, Requests: 1, LeaderChanges: 1, Syncs: 1, Snapshots: true, Owed: 16},
		{Name: "resend", Clients: 2, Requests: 1, LeaderChanges: 1, Resends: 1, Undo: true, Owed: 16},
		{Name: "rejoin", Clients: 2, Requests: 1, Drops: 1, Restarts: 1, Undo: true, Owed: 16},
		{Name: "restart-and-leader", Clients: 1, Requests: 1, LeaderChanges: 1, Restarts: 1, Undo: true, Owed: 16},
		{Name: "restart-and-session", Clients: 1, Requests: 1, Sessions: 1, Restarts: 1, Undo: true, Owed: 16},
		{Name: "restart-and-requests", Clients: 1, Requests: 2, Restarts: 1, Syncs: 1, Undo: true, Owed: 16},
	},
	"large": {
		{Name: "leader", Clients: 2, Requests: 2, Drops: 1, LeaderChanges: 1, Undo: true, Owed: 64},
		{Name: "join", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Sessions: 1, Undo: true, Owed: 64},
		{Name: "everything-once", Clients: 1, Requests: 1, Drops: 1, LeaderChanges: 1, Sessions: 1, Restarts: 1, Undo: true, Owed: 64},
		{Name: "everything", Clients: 2, Requests: 1, Drops: 1, LeaderChanges: 1, Sessions: 1, Restarts: 1, Syncs: 1, Undo: true, Owed: 64},
	},
}

// Tiers returns the names of the sets of worlds, the smallest first.
func Tiers() []string { return []string{"small", "medium", "large"} }

// Worlds returns the worlds of a tier.
func Worlds(tier string) ([]Bounds, error) {
	worlds, ok := tiers[tier]
	if !ok {
		return nil, fmt.Errorf("worlds: bounds are %q, expected one of %v", tier, Tiers())
	}
	return slices.Clone(worlds), nil
}

// spent counts how much of each bound a path has used, four bits each.
type spent uint32

type budget uint8

const (
	budgetDrops budget = iota
	budgetLeaderChanges
	budgetSessions
	budgetRestarts
	budgetSyncs
	budgetResends
	budgetReorders
	budgets
)

func (s spent) of(b budget) int { return int(s >> (4 * b) & 15) }

func (s spent) plus(b budget) spent { return s + 1<<(4*b) }

func (b *Bounds) limit(of budget) int {
	return [budgets]int{b.Drops, b.LeaderChanges, b.Sessions, b.Restarts, b.Syncs, b.Resends, b.Reorders}[of]
}

// left reports whether some of a budget is left.
func (b *Bounds) left(s spent, of budget) bool { return s.of(of) < b.limit(of) }
