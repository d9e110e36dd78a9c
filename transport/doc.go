// Package transport connects a node to its network and its clock: datagrams, bulk messages and timers behind
// one interface with two implementations. Processes run on [UDP], an event loop on an OS thread of its own
// with batched system calls. Tests of whole nodes run on package virtual, a network in virtual time in which
// a seed determines every loss and delay. A node is a [Handler], for example the loop of a replica, a
// sequencer's data plane or a client, and is the same on either.
package transport
