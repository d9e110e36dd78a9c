// Package vr is what the replicated comparison systems have in common: Viewstamped Replication (Liskov &
// Cowling, "Viewstamped Replication Revisited", MIT-CSAIL-TR-2012-021) without its normal operation. A
// [Replica] keeps the log, executes what is committed, changes views (§4.2), lets a replica that lost its
// memory in again without a disk (§4.3), brings one that lags up to date (§5.2), takes snapshots and
// forgets the log below them (§5.1). How requests get their slots, and which log a new view starts
// with, is for a [Protocol] to say: packages paxos, fastpaxos and
// specpaxos.
//
// Recovery as published can lose what was committed: a promise that a replica sent before it crashed may
// be counted after it has recovered without knowing of it. Michael et al., "Recovering Shared Objects
// Without Stable Storage" (DISC 2017), found this; their crash vectors are the remedy here: every message
// carries its sender's incarnation, the messages of view changes carry the incarnations that their sender
// knows, and what an earlier incarnation said does not count any more.
//
// Logical time stands still in all of these systems: operations that expire need a clock that is part of
// the log, which NOPaxos has and pays for.
package vr
