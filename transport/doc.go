// Package transport moves datagrams, bulk messages and time between a node and the world, behind
// one interface with two implementations. Processes run on [UDP]: batched system calls on a pinned
// event loop. Tests of whole nodes run on the network in virtual time of package virtual, where a
// seed decides about every loss and every delay. A node (the loop of a replica, a sequencer's data
// plane, a client) is a [Handler]; it cannot tell which of them it runs on.
package transport
