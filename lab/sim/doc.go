// Package sim runs a whole cluster in virtual time from one seed: unmodified replica cores with
// their libOUM receivers, client cores, a model of the sequencers (the session cell of the switch
// program), the controller's decisions, and a network that delays, loses, duplicates, reorders and
// partitions. A plan of faults, also made from the seed, crashes and pauses nodes. Checkers watch
// every event; a failing seed replays event for event.
//
// Nothing but the seed decides anything: one goroutine, one event queue ordered by (time, order of
// creation), no wall clock, and no map whose iteration order could matter.
//
// A failure is replayed, with every event as a line of text, by
//
//	go test ./sim -run TestSeeds -sim.profile=chaos -sim.seed=7 -sim.trace=/tmp/trace.txt
//
// and more seeds are run by -sim.seeds=1000 -sim.first=5000, -sim.failfast to stop at the first
// failure.
//
// The walk through the package, in the order in which data flows: sim.go (Run, the event loop),
// event.go, random.go, profile.go and plan.go with ambush.go (what a seed means), fault.go
// and inject.go (what can go wrong, and how it does), network.go (links), process.go (clocks, timers and
// stalls of whatever runs), workload.go (clients), package registers (the replicated service and its history), sequencer.go, node.go (a
// replica and its effects), controller.go; then the checkers:
// commits.go (what has been promised on the wire, what was executed), acknowledged.go (what clients may
// take for a result), kept.go (that a replica keeps what it acknowledged), sessions.go (the controller's
// promises), stamps.go (the sequencers'), memory.go (bounds), liveness in
// sim.go. observe.go is what they look at. trace.go writes what happened; sweep.go runs many seeds side by
// side, and shrink.go looks for the fewest faults that make one fail.
package sim
