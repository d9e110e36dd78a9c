// Package devcluster runs a whole cluster on this machine: controller, sequencers, replicas and a RESP
// front-end, each a process of the nopaxos binary, on the loopback interface. `nopaxos dev` is this package
// and a terminal; the laboratory and the end-to-end tests start a cluster with it and break it. With Hosts
// of its own, such as nodes in network namespaces, the same cluster runs there.
//
// The cluster's directory holds cluster.yaml and the keys, and for every role a <role>.log and, while the
// role runs, a <role>.pid. Replicas keep their state in memory: a new cluster in the same directory starts
// empty.
package devcluster
