// Package virtual is the transport in virtual time: a whole network of nodes in one goroutine, without
// sockets, clocks or randomness of its own. Nodes are the same [transport.Handler]s that run on UDP. Runs
// with the same handlers and link functions are identical, event for event: events are ordered by time and
// then by creation, and nothing depends on the iteration order of a map or on the machine.
//
// It is for tests of the code between the protocol and the sockets: the loops of replicas, a sequencer's data
// plane and a client run unmodified, with real datagrams, an MTU beyond which messages use the bulk channel,
// and records on disk. See the tests of package replica/server. For the protocol itself there is package
// lab/sim, which runs the cores without their loops, for many more seeds and under many more faults.
//
// A caller attaches nodes, starts a handler on each, and advances time with Step or RunUntil. A [Link]
// function decides the fate of each message. Stop crashes a node, and attaching its address again restarts
// it; Pause and Resume act like SIGSTOP and SIGCONT; SetClock makes its clock drift.
package virtual
