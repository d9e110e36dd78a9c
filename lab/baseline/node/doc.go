// Package node is the event loop's side of a comparison system's replica: a [Node] is the
// [transport.Handler] around a [Core], in the way of package replica/server. It hands what arrives to the
// core, in batches, and carries out the core's [Effect]s. A core is pure: it owns no socket, clock,
// goroutine or source of randomness. On a request's way nothing allocates, locks or logs.
package node
