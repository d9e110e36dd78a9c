// Package replica is NOPaxos (Li et al., "Just Say NO to Paxos Overhead", OSDI 2016): the protocol
// core, a pure and deterministic state machine.
//
// A [Core] owns no socket, clock, goroutine, disk or source of randomness. Its driver (package replica/server
// over UDP, package lab/sim in virtual time) passes every input with the current time and then carries out the
// resulting [Effect]s in order:
//
//	core.Stamped(now, datagram)  // an OUM message as the network delivered it
//	core.Message(now, frame)     // a message of another replica, by datagram or bulk channel
//	core.Session(now, session)   // the controller's word on the current session
//	core.Tick(now)               // when core.Deadline() has passed
//	for _, e := range core.Effects() { … }
//	core.ClearEffects()
//
// The files, in the order in which a request meets them: state.go (the core's state, by lifetime), core.go
// (inputs and outputs), normal.go (§5.2), log.go, window.go and gap.go (§5.3), execute.go with package clients,
// sync.go (§5.6) and snapshot.go, tick.go (heartbeats and suspicion), viewchange.go, merge.go and enter.go
// (§5.5), fetch.go, recovery.go. What the paper leaves open (truncation, state transfer, recovery without a disk,
// client eviction, bounds on memory) is documented where it is implemented.
//
// The invariants of the protocol are asserted in production: a Core that finds one violated stops for good, and
// [Core.Err] returns the reason. A replica that stops is safe; one that goes on may give wrong answers.
package replica
