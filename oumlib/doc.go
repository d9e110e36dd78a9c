// Package oumlib is libOUM: Ordered Unreliable Multicast at the end hosts (OSDI 2016 §3.2, §4).
//
// The network's sequencer stamps every message of a group with (session, message number). A [Sender] builds the
// datagrams for the group. A [Receiver] turns stamped datagrams, which may be lost, duplicated or slightly
// reordered, into an ordered sequence of events in which every message number appears exactly once, as delivered
// or as dropped. Neither owns a socket or a clock, so the same code runs over UDP and in the simulator.
package oumlib
