// Package sim runs a whole cluster in virtual time from one seed: unmodified replica cores with their libOUM
// receivers, client cores, a model of the sequencers (the session cell of the switch program), the controller's
// decisions, and a network that delays, loses, duplicates, reorders and partitions. A plan of faults, also drawn from
// the seed, crashes and stalls nodes. Checkers watch every event; a failing seed replays event for event.
//
// The seed decides everything: there is one goroutine, one event queue ordered by (time, order of creation), no wall
// clock, and no iteration over a map whose order could matter.
//
// Replay a failure, with every event as a line of text, by
//
//	go test ./sim -run TestSeeds -sim.profile=chaos -sim.seed=7 -sim.trace=/tmp/trace.txt
//
// and run more seeds with -sim.seeds=1000 -sim.first=5000, and -sim.failfast to stop at the first failure.
//
// The walk through the package, in the order in which data flows: sim.go (Run, the event loop), event.go, random.go,
// profile.go and plan.go with ambush.go (the meaning of a seed), fault.go and inject.go (faults), network.go (links),
// process.go (clocks, timers and stalls of all nodes), workload.go (clients), package registers (the replicated service
// and the clients' history), sequencer.go, node.go (a replica and its effects), controller.go. Then the checkers:
// checker.go (messages of replicas, their status), commits.go (replies and NO-OPs), views.go (records, new views),
// executions.go, acknowledged.go (results returned by clients), kept.go (a replica keeps what it acknowledged),
// sessions.go (the controller's promises), stamps.go (the sequencers'), memory.go (bounds), and liveness in sim.go;
// observe.go is their view of a core. trace.go writes events; sweep.go runs many seeds in parallel, and shrink.go finds
// the fewest faults that make one fail.
package sim
