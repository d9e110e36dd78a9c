// Package virtual is the transport in virtual time: a whole network of nodes in one goroutine,
// without sockets, clocks or randomness of its own. Nodes are the same [transport.Handler]s that
// run on UDP. Every run with the same handlers and the same link functions is the same run, event
// for event: events are ordered by (time, order in which they were made), and nothing depends on
// the iteration order of a map or on the machine.
//
// It is for tests of what lies between the protocol and the sockets: replicas' loops, a sequencer's
// data plane and a client as they are, with real datagrams, the MTU that decides what goes by the
// bulk channel, and records on disk. See the tests of package replica/server. Package sim is for the
// protocol: it runs the cores beneath the loops, with a model of the rest, for many more seeds and
// under many more faults.
//
// A caller attaches nodes, starts a handler on each, and drives time with Step or RunUntil. What
// happens to a datagram on its way is decided by a [Link] function; what happens to a node, by
// Stop (a crash; attach the address anew for the restart), Pause and Resume (SIGSTOP) and SetClock
// (a clock that drifts).
package virtual
