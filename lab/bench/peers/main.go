// Command nopaxos-bench-peers is a replica of one of the Raft libraries that people use, for package bench
// to measure beside NOPaxos: etcd-io/raft or hashicorp/raft, in memory, with the same clients, the same
// authentication of requests and replies, the same at-most-once client table and the same state machine as
// every other system. It is a module of its own, so that nobody who uses NOPaxos inherits what it needs.
//
// etcd-io/raft is a library without I/O. It gets what NOPaxos and package baseline have: one event loop
// with batched system calls. All requests that arrive together are proposed together, and what fits a
// datagram goes as one. hashicorp/raft brings a transport and goroutines of its own, which it keeps, with
// the settings that it recommends; clients reach it through the same sockets as the others.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/netordered/nopaxos/lab/bench/role"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := role.Serve(ctx, os.Stdin, os.Stdout, build)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The systems, as package bench calls them.
const (
	etcdRaft      = "etcd-raft"
	hashicorpRaft = "hashicorp-raft"
)

func build(s *role.Spec) (role.Part, error) {
	if s.Index < 0 || s.Index >= len(s.Replicas) {
		return nil, fmt.Errorf("replica %d, expected 0 to %d", s.Index, len(s.Replicas)-1)
	}
	switch s.System {
	case etcdRaft:
		return newEtcd(s)
	case hashicorpRaft:
		return newHashicorp(s)
	}
	return nil, fmt.Errorf("system is %q, expected %s or %s", s.System, etcdRaft, hashicorpRaft)
}
