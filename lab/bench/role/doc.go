// Package role has the processes that package bench measures: replicas of every system, the end-host
// sequencer, a bare echo server, and clients that generate load. A process reads a [Spec], which tells it
// what to be, and then [Order]s from its standard input, one JSON text a line, and answers each with one
// line; it ends with its input. So the harness reaches processes in other networks, and these carry the
// measured traffic only.
//
// All processes run on package transport's event loop. A client drives a [clientcore.Core], as applications do,
// but on one loop for many callers, with one socket and without a goroutine or an allocation per request, so
// that it uses little of the machine.
package role
