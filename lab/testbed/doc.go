// Package testbed runs a whole cluster in a separate network on one machine: replicas, front-ends, clients,
// the controller and end-host sequencers on hosts, and switches between them, each a network namespace
// (lab/netlab). The switches are BMv2 processes, which sequence and which the cluster's controller programs
// through P4Runtime, or Linux routers between hosts, one of which sequences.
//
// A [Plan] lists the hosts, switches and cables and the host of each role. The cluster file and, in [Build],
// the network follow from it. `nopaxos-lab testbed` runs a plan under load, the chaos test breaks one, and
// `nopaxos-lab testbed --write-plan` writes one for other tools, such as the Mininet scripts, to build.
//
// The topologies are a single switch and the three-level fat-tree of Al-Fares et al., "A Scalable, Commodity
// Data Center Network Architecture" (SIGCOMM 2008). In the fat-tree the root switches sequence, as in Li et
// al. (NOPaxos, OSDI 2016, section 3).
package testbed
