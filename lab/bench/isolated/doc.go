// Package isolated measures one server of a system alone on a core: the CPU time of its process for an operation, and
// so its capacity. The server is a process pinned to one core, with GOMAXPROCS as on a machine of one core. A generator
// process pinned to another core plays everything else: the clients with prepared requests, the sequencer that stamps
// them, and the peer replicas, whose real cores it runs. So the server is the bottleneck, and nothing but its own work
// counts.
//
// The generator works in bursts. Before a burst it builds and authenticates the requests, and lets the peers of a NOPaxos
// replica log them, like replicas that the network has served first; then it sends them, a window at a time, and counts
// the replies. CPU time counts within the bursts only. A [Sample] in which the server was busy for less than [LeastBusy]
// of the bursts says nothing about a saturated server.
//
// A [Regime] sets the price of a datagram. In [OnePrice], the regime of the OSDI 2016 paper, every datagram has system
// calls of its own at the server, and none travels in a train. In [Trains] the server runs as deployed, and requests
// arrive in trains of 64. [Eights] is between them.
//
// All traffic passes the loopback interface. There, as on a pair of virtual Ethernet devices, the sender's system call
// carries the datagram through the stack to the receiver's queue, so the sender pays for the kernel's work of receiving.
// The server pays to copy its requests out of the queue, and for its replies all the way to the client's queue. With a
// network card the kernel's work on arriving datagrams would be the server's machine's instead.
package isolated
