// Package node connects a comparison system's replica to the event loop: a [Node] is the [transport.Handler] around a
// [Core], like package replica/server. It passes arriving messages to the core in batches and carries out the core's
// [Effect]s. A core is pure: it owns no socket, clock, goroutine or source of randomness. A request allocates, locks
// and logs nothing.
package node
