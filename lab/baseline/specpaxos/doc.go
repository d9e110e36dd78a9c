// Package specpaxos is Speculative Paxos (Ports et al., "Designing Distributed Systems Using Approximate Synchrony in
// Data Center Networks", NSDI 2015). Clients send each request to all replicas by a multicast that usually delivers
// in the same order everywhere. A replica puts it into the next slot of its log, executes it at once, and answers
// with the result and the digest of its log (§4.2). A client has the result when f+⌈f/2⌉+1 replicas, a superquorum,
// have answered alike. Then ⌈f/2⌉+1 of any f+1 replicas hold this log; that is more than half, so the log survives
// any f failures.
//
// Synchronization (§4.3): now and then the leader asks whether the others' logs agree with its own. Entries that f of
// them confirm are committed, as in Paxos, where a confirmation is an acceptance; this needs no superquorum, for
// which the paper waits. A replica whose log differs from the committed one rolls back and continues with the
// leader's log.
//
// Reconciliation (§4.4): if fewer than f agree, the group starts a new view with the same leader. Merge builds its
// log from the reports of f+1 or more replicas: first the requests that may have been acknowledged to a client, in
// their order, then all others. Replicas roll back to where their logs differ. A failed leader is replaced in the
// same way. View change, recovery, state transfer and rollback itself are those of package vr.
//
// A client whose request found no superquorum retransmits it, and is answered from the committed log. If a
// synchronization commits entries that some replica had not confirmed, the leader answers without waiting for a
// retransmission.
package specpaxos
