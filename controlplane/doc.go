// Package controlplane is the controller: it hands out session numbers, programs the sequencers
// through P4Runtime, notices when the active one fails, moves the group to the next, and tells
// senders and replicas where the group's sequencer is (OSDI 2016 §4.1, §5.2.3).
//
// Where the sequencers are switches it also tells every switch of the [Topology] what to forward: host
// routes, the way to each group's sequencer, and its part of the tree along which stamped packets are copied
// to the replicas (OSDI 2016 §4.1 and §4.2; P4Runtime 1.3 §9).
//
// The decisions are [Core], a deterministic state machine without sockets, clocks or goroutines:
// what happened goes in as method calls, what to do comes out as [Effect] values. [Controller]
// is the runtime around it: a durable [Store] of session numbers, one P4Runtime connection per
// sequencer, and the gRPC service of package api. The simulator runs the same Core in virtual
// time.
//
// Three rules keep replicas from ever seeing two messages with one (session, number):
//
//   - A session number is durable before any target has it, and grows for ever.
//   - A number is sent to a target at most once, to one target. When the outcome is unknown the
//     target is read back: the number is found and adopted, or it is given up for a new one.
//   - A target that restarted, lost its entry or had its pipeline pushed gets a new number: its
//     counter may have started again.
//
// Two more keep the switches from ever copying a packet in a circle:
//
//   - A tree that changes loses at every switch what the new one lacks before any switch gains anything.
//   - A tree enters a switch that cannot be programmed only if that switch relays nowhere, or has just the copies
//     that the tree takes of it.
package controlplane
