// Package baseline has the systems that the paper compares NOPaxos with (Li et al., OSDI 2016, §6): a server without
// replication, Multi-Paxos with and without batching, Fast Paxos and Speculative Paxos. Each is complete: normal
// operation, failures, recovery. They share with NOPaxos everything but the protocol, so that a comparison compares
// protocols: the transport and its batched event loop, the authentication of every datagram, the client with its window
// and retransmissions, the at-most-once client table, and the state machine. A request allocates nothing in any of them.
//
// A replica's process runs a [Server]:
//
//	s, err := baseline.New(baseline.Config{System: baseline.Paxos, Self: 0, Replicas: peers, …})
//	err = s.Run(ctx)
//
// A client is a [clientcore.Core] with the system's quorum, [System.Rule], on an event loop that sends its
// requests through the system's [NewCourier].
//
// The packages, in the order in which a request meets them: node (the connection of a replica to the event loop),
// wire (messages among replicas), unreplicated, paxos, fastpaxos and specpaxos (normal operation), vr (the common part
// of the replicated ones: log, view change, recovery, state transfer, snapshots). Package vrtest supports their tests.
package baseline
