// Package fastpaxos is Fast Paxos (Lamport, Distributed Computing 19(2), 2006) for a sequence of requests. Clients
// send each request to all replicas. A replica puts it into the next slot of its log at once and tells the leader, as
// a vote in the slot's fast round. A request with the votes of a fast quorum in one slot is chosen there; the leader
// executes it and replies.
//
// Of n = 2f+1 replicas a fast quorum is f+⌈f/2⌉+1 (⌈3n/4⌉). Two of them and any f+1 replicas have a replica in
// common, which Lamport's §3.3 requires when classic quorums are majorities. So at most one of the values that f+1
// replicas report for a slot can have been chosen.
//
// The votes of a slot collide when requests arrive in different orders or not everywhere. The leader recovers as
// coordinator of both rounds (§3.2, coordinated recovery). The votes that it has are the promises for the slot's
// next, classic round: it orders the value that may have been chosen, or else the one with most votes, in a RESOLVE,
// which f others acknowledge. Replicas then adapt their logs so that one collision does not cause the next: see
// align.
//
// A view is the sequence of such pairs of rounds with one leader as coordinator. Its log starts with the reports of
// f+1 replicas, chosen by the same rule (Merge). View change, recovery and state transfer are those of package vr. A
// replica that lost its memory joins only in a new view, because its votes may have been counted.
package fastpaxos
