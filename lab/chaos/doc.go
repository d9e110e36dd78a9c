// Package chaos breaks a whole cluster of real processes, for minutes, and checks what its clients observed.
// The roles run in network namespaces joined by a router (lab/testbed), on the kernel's real sockets,
// timers, carrier losses and TCP connections, which the simulator only models.
//
// A seed decides the steps; see plan. A step is one or a few concurrent faults: packets are lost, hosts are
// cut off from each other in one or both directions, cables are pulled, processes are suspended (SIGSTOP),
// die (SIGKILL) and start again with a shifted monotonic clock. At most f replicas lose their memory at a
// time, because memory mode does not survive more. After each step the cluster has to become whole and to
// serve again within a bound; at the end every acknowledged write has to be there and the clients' history
// has to be linearizable (lab/load).
//
// The same seed causes the same faults, but the timing between them is the machine's: a run is not
// repeatable.
//
// # The wall clock
//
// The machine has one wall clock, so a run cannot let it jump without disturbing everything else. Instead
// TestWallClock in the module's root shows that no role reads it, except for logs and status pages and, in
// one place, for a number that only rises.
package chaos
