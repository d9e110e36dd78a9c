// Package paxos is Multi-Paxos in the form of Viewstamped Replication Revisited (Liskov & Cowling, 2012): the leader
// puts each request into a slot, sends it to the others in a PREPARE, and executes and answers it when f of them have
// acknowledged (§4.1). View change, recovery, state transfer and log truncation are those of package vr.
//
// With batching, requests that arrive while an earlier PREPARE is unacknowledged share the next one, as many as fit a
// datagram. A full datagram does not wait.
package paxos
