// Package role is what runs in the processes that package bench measures: replicas of every system, the
// end-host sequencer, a bare echo server, and clients that make load. A process reads what it is to be,
// a [Spec], and then [Order]s from its standard input, one JSON text a line, and answers each with one
// line; its end of input is its end. So the harness reaches a process wherever it runs, also in a network
// that the harness is not in, and nothing but the measured traffic is on that network.
//
// All of them run on package transport's event loop. A client drives a [clientcore.Core], the one that
// applications link, on a loop of its own: many callers, one socket, no goroutine or allocation per
// request, so that the client takes as little of the machine as can be.
package role
