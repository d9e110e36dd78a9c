// Package clientcore is the client's side of the protocol (OSDI 2016 §5.2) as a deterministic state machine. A [Core]
// owns no socket, clock, goroutine or source of randomness: they come in through its methods and its configuration.
// Package client runs a Core on a socket's event loop; the laboratory runs them in virtual time, and with the [Rule] and
// the [Courier] of other replication systems.
//
// The owner of a Core calls Invoke, Cancel, Reply, Tick and Reroute from one goroutine. After each call it carries out
// Effects in order and calls ClearEffects. It calls Tick when Deadline has passed.
package clientcore
