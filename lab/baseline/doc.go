// Package baseline has systems that the paper compares NOPaxos with (Li et al., OSDI 2016, §6): a server
// without replication, Multi-Paxos without and with batching, Fast Paxos and Speculative Paxos.
// Each is complete: normal operation, failures, recovery. They share with NOPaxos whatever is not the
// protocol, so that a comparison compares protocols: the transport and its batched event loop, the
// authentication of every datagram, the client with its window and its retransmissions, the at-most-once
// client table, the state machine. None allocates on a request's way.
//
// A replica's process runs a [Server]:
//
//	s, err := baseline.New(baseline.Config{System: baseline.Paxos, Self: 0, Replicas: peers, …})
//	err = s.Run(ctx)
//
// A client is a [clientcore.Core] with the system's quorum, [System.Rule], on an event loop that sends its
// requests through the system's [NewCourier].
//
// The packages, in the order in which a request meets them: node (the event loop's side of a replica),
// wire (messages among replicas), unreplicated, paxos, fastpaxos and specpaxos (normal operation), vr (what
// the replicated ones have in common: log, view change, recovery, state transfer, snapshots). Package vrtest
// is for their tests.
package baseline
