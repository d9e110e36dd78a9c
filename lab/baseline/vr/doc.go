// Package vr is the common part of the replicated comparison systems: Viewstamped Replication (Liskov & Cowling,
// "Viewstamped Replication Revisited", MIT-CSAIL-TR-2012-021) without normal operation. A [Replica] keeps the log,
// executes committed requests, changes views (§4.2), readmits replicas that lost their memory, without a disk (§4.3),
// brings lagging replicas up to date (§5.2), takes snapshots and truncates the log below them (§5.1). A [Protocol]
// decides how requests get their slots and which log a new view starts with: packages paxos, fastpaxos and specpaxos.
//
// The published recovery can lose committed requests: a promise that a replica sent before it crashed may be counted
// after its recovery, although the replica no longer knows of it. Michael et al., "Recovering Shared Objects Without
// Stable Storage" (DISC 2017), found this. Their remedy, crash vectors, is used here: every message carries its
// sender's incarnation, messages of view changes carry the incarnations known to their sender, and messages of
// earlier incarnations do not count.
//
// Logical time stands still in these systems: operations that expire would need a clock in the log, as in NOPaxos.
package vr
