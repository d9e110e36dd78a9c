// Package fabric computes the forwarding of the switches of a [Topology]: host routes, the way to each group's
// sequencer, and the tree along which stamped packets are copied to the group's replicas (OSDI 2016 §4.1, §4.2). It
// tracks the installed copies of every switch, and probes the links between them.
//
// [Fabric] has no socket, clock or goroutine. Package failover reports to it which switch sequences a group and the
// state of every switch, and has its [Forwarding] installed there. Without a topology it is a no-op.
//
// Two rules keep switches from ever copying a packet in a circle:
//
//   - A tree that changes first shrinks at every switch to what the new tree keeps, and grows only after that.
//   - A tree enters a switch that cannot be programmed only if that switch relays nowhere, or has exactly the
//     copies that the tree needs there.
package fabric
