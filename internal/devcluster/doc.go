// Package devcluster runs a whole cluster on this machine: controller, sequencers, replicas and a RESP
// front-end as separate processes on the loopback interface, each the same binary with another
// subcommand. `nopaxos dev` is this package and a terminal; the demo and the end-to-end tests use it
// to start a cluster and to break it. With Hosts of its own, like nodes in network namespaces, the same
// cluster runs there.
//
// Its directory holds cluster.yaml and cluster.key, and for every role a <role>.log and, while it
// runs, a <role>.pid. What the replicas hold is in their memory: starting anew in a directory starts
// with nothing.
package devcluster
