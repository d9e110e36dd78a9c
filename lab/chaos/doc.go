// Package chaos breaks a whole cluster of real processes, for minutes, and checks what its clients saw. The
// roles run in network namespaces joined by a router (internal/testbed): the kernel's sockets, timers,
// carrier losses and TCP connections are the real ones, which the simulator only models.
//
// A seed decides what is done, step by step; see Plan. A step is one or a few faults at a time: packets are
// lost, hosts are cut off from each other in one or both directions, cables are pulled, processes stand
// still (SIGSTOP), die (SIGKILL) and start again with a monotonic clock of their own. Never more than f
// replicas lose their memory at a time: memory mode does not survive more. After each step everything has to
// be whole again and service has to have resumed, within a bound; at the end every acknowledged write has to
// be there and the clients' history has to be linearizable (internal/load).
//
// The run itself is not repeatable, what happens between the steps is the machine's. What is: the same seed
// does the same to the cluster.
//
// # The wall clock
//
// There is one for the whole machine, so jumps of it cannot be tried without disturbing everybody. Instead a
// test shows that there is nothing to try: no role reads it, but to write it into logs and status pages, and
// in one place for a number that only rises (TestNobodyReadsTheWallClock).
package chaos
