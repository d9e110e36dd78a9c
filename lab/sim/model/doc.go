// Package model predicts what the systems would do at the scale of the paper (Li et al., OSDI 2016, §6), on a
// fat-tree of 2,560 hosts where every role has a server of its own: throughput and latency, 3 to 101 replicas,
// loss, the failover of a sequencer, and what the way through a root switch adds to a path (§4.1).
//
// What runs is the real code, event loops and all, on package transport/virtual: the replicas of
// replica/server and of package baseline, the client core, the data plane of sequencer/udp, and the decisions of
// controlplane. The model is what stands below: a [host] is a server with one CPU, whose loop turns like
// transport.UDP's, and which is busy for a time for every datagram received, every one sent and every operation
// executed. Meanwhile what arrives waits. So what a saturated server achieves follows from how many datagrams it
// handles for an operation. Every figure of the model holds for every host of every system alike.
//
// The figures come from an unreplicated server's curve of latency against throughput alone ([Calibrate]): the paper's,
// or one that `nopaxos-lab bench` has measured. What the model says of anything else is prediction.
//
// What it leaves out: the CPU time of what protocols compute (digests, quorums, logs), caches, cores beside the
// loop's, background traffic and queues inside the network, the variation of all of these; and, unless the curve
// says so, the system calls that a full batch saves. A root switch sequences at no cost.
//
// In the order in which data flows: cost.go and calibration.go (the figures, and what they are taken from), tree.go
// (who is where), network.go and host.go (what a datagram goes through), caller.go, relay.go (sequencers),
// machine.go (the service), group.go (replicas, and everything in its place), system.go, outcome.go (a load, and what
// came of it). Then what is asked: study.go, compare.go, replicas.go, loss.go, failover.go with controller.go,
// stretch.go, vary.go; report.go has the answers, and text.go writes them.
package model
