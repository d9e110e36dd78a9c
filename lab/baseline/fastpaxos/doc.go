// Package fastpaxos is Fast Paxos (Lamport, Distributed Computing 19(2), 2006) for a sequence of requests.
// Clients send each request to all replicas. A replica gives it the next slot of its log at once, and tells
// the leader: a vote in the slot's fast round. What a fast quorum puts into one slot is chosen there; the
// leader executes it and answers.
//
// Of n = 2f+1 replicas a fast quorum is f+⌈f/2⌉+1 (⌈3n/4⌉): two of them and any f+1 have a replica in
// common, which is what Lamport's §3.3 asks for when classic quorums are majorities. So of the values that
// f+1 replicas report for a slot at most one can have been chosen.
//
// Where requests come in different orders, or not to all, a slot's votes collide. The leader recovers as
// coordinator of both rounds (§3.2, coordinated recovery): the votes that it has are the promises for the
// slot's next, classic round, and it orders the value that may have been chosen, or else the one with most
// votes, in a RESOLVE, which f others acknowledge. Replicas then bring their logs into line, so that one
// collision does not make the next: see align.
//
// A view is the sequence of such pairs of rounds that one leader coordinates. Its log starts with what
// f+1 replicas report, chosen by the same rule (Merge). View change, recovery and state transfer are those
// of package vr. A replica that lost its memory is let in by a new view only: its votes may have been
// counted.
package fastpaxos
