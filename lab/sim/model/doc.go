// Package model predicts what the systems would do at the scale of the paper (Li et al., OSDI 2016, §6), on a
// fat-tree of 2,560 hosts where every role has a server of its own: throughput and latency, 3 to 101 replicas,
// loss, the failover of a sequencer, and the detour through a root switch (§4.1).
//
// The real code runs on package transport/virtual, event loops included: the replicas of replica/server and of package
// baseline, the client core, the data plane of sequencer/udp, and the decisions of controlplane. The model is beneath:
// a [host] is a server with one CPU, whose loop takes turns like transport.UDP, and which is busy for a time for every
// datagram received or sent and every operation executed. Meanwhile arrivals wait. So the number of datagrams per
// operation decides the throughput of a saturated server. Every parameter is the same for every host of every system.
//
// The parameters come from an unreplicated server's curve of latency against throughput alone ([Calibrate]): the
// paper's, or one measured by `nopaxos-lab bench`. Everything else in a report is a prediction.
//
// The model leaves out the CPU time of the protocols' computations (digests, quorums, logs), caches, cores other than
// the loop's, background traffic and queues inside the network, and variation in all of these; and, unless the curve
// includes it, the saving of system calls by full batches. A root switch sequences at no cost.
//
// In the order in which data flows: cost.go and calibration.go (the parameters and their origin), tree.go (places),
// network.go and host.go (delays), caller.go, relay.go (sequencers), machine.go (the service), group.go (replicas and
// the whole group), system.go, outcome.go (one measurement). Then the questions: study.go, compare.go, replicas.go,
// loss.go, failover.go with controller.go, stretch.go, vary.go. report.go has the answers, and text.go writes them.
package model
