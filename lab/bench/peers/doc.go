// Package peers has replicas of the Raft libraries in common use, etcd-io/raft and hashicorp/raft, for
// package bench to measure beside NOPaxos: in memory, with the same clients, the same authentication of
// requests and replies, the same at-most-once client table and the same state machine as every other system.
//
// etcd-io/raft does no I/O of its own. Like NOPaxos and package baseline it runs on one event loop with
// batched system calls: all requests that arrive together are proposed together, and a message that fits a
// datagram is sent as one. hashicorp/raft keeps its own transport and goroutines, with the settings that it
// recommends; clients reach it through the same sockets as the other systems.
package peers
