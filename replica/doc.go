// Package replica is NOPaxos (Li et al., "Just Say NO to Paxos Overhead", OSDI 2016): the protocol
// core, a pure and deterministic state machine.
//
// A [Core] owns no socket, clock, goroutine, disk or source of randomness. Whoever runs it (package
// replica/server over UDP, package sim in virtual time) hands every input over with the current
// time and then carries out what it wants, its [Effect]s, in order:
//
//	core.Stamped(now, datagram)  // an OUM message as the network delivered it
//	core.Message(now, frame)     // a message of another replica, by datagram or bulk channel
//	core.Session(now, session)   // the controller's word on the current session
//	core.Tick(now)               // when core.Deadline() has passed
//	for _, e := range core.Effects() { … }
//	core.ClearEffects()
//
// One idea a file, in the order in which a request meets them: core.go (inputs and outputs),
// normal.go (§5.2), log.go, window.go and gap.go (§5.3), execute.go with package clients, sync.go
// (§5.6) and snapshot.go, tick.go (who is sick), viewchange.go, merge.go and enter.go (§5.5),
// fetch.go, recovery.go. What the paper leaves open (truncation, state transfer, recovery without
// a disk, client eviction, bounds on memory) is described where it is done.
//
// Invariants of the protocol are asserted in production: a Core that finds one broken stops for
// good, and [Core.Err] says why. A replica that stops is safe; one that goes on may lie.
package replica
