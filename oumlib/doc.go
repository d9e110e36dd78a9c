// Package oumlib is libOUM: Ordered Unreliable Multicast at the end hosts (OSDI 2016 §3.2, §4).
//
// The network's sequencer stamps every message of a group with (session, message number). A
// [Sender] makes the datagrams that go to the group; a [Receiver] turns stamped datagrams, which
// may be lost, duplicated and slightly reordered, into one ordered sequence of events in which
// every message number appears exactly once, delivered or dropped. Neither owns a socket or a
// clock, so the same code runs over UDP and in the simulator.
package oumlib
