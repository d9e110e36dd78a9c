// Package specpaxos is Speculative Paxos (Ports et al., "Designing Distributed Systems Using Approximate
// Synchrony in Data Center Networks", NSDI 2015). Clients send each request to all replicas by a multicast
// that mostly gives all of them the same order. A replica gives it the next slot of its log, executes it at
// once and answers with the result and the digest of its log (§4.2). A client has the result when
// f+⌈f/2⌉+1 replicas, a superquorum, have answered alike: then any f+1 replicas have ⌈f/2⌉+1 among them
// that hold this log, which is more than half, so that whatever f replicas fail the log is found again.
//
// Synchronization (§4.3): now and then the leader asks whether the others' logs agree with its own. What f of
// them confirm is committed, like in Paxos, where a confirmation is an acceptance; a superquorum, which the
// paper waits for, is not needed for that. A replica that does not agree with what was committed takes back
// what it executed and goes on from the leader's log.
//
// Reconciliation (§4.4): where the leader finds no f that agree, the group starts a new view with the same
// leader. Merge puts its log together from what f+1 replicas or more report: what may have been
// acknowledged to a client first, in its order, then everything else that anybody has. Replicas roll back
// to where their log differs. A failed leader is replaced in the same way. View change, recovery, state
// transfer and roll-back itself are those of package vr.
//
// A client whose request found no superquorum sends it again, and is answered from the committed log; when
// a synchronization commits what some replica had not confirmed, the leader does not wait for that.
package specpaxos
