// Package testbed puts a whole cluster into a network of its own on one machine: replicas, front-ends,
// clients, the controller and end-host sequencers on hosts, and switches between them, every one a network
// namespace (internal/netlab). The switches are BMv2 processes that the cluster's controller programs
// through P4Runtime, or Linux routers, between hosts one of which runs a sequencer.
//
// A [Plan] says on paper which hosts, switches and cables there are and who runs where; from it come the
// cluster file and, in [Build], the network. `nopaxos-lab testbed` runs a plan under load; the chaos test breaks
// one; `nopaxos-lab testbed --write-plan` writes one down for other tools, like the Mininet scripts, to build.
//
// The topologies are one switch (everybody's first step) and the three-level fat-tree of Al-Fares et al.,
// "A Scalable, Commodity Data Center Network Architecture" (SIGCOMM 2008), at whose roots the sequencers of
// Li et al. (NOPaxos, OSDI 2016, section 3) are.
package testbed
