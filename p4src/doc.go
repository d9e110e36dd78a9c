// Package p4src is the contract between controller and sequencers: the P4Runtime view of oum.p4,
// the switch program that implements Ordered Unreliable Multicast (OSDI 2016 §4). The P4 sources
// lie beside it; the package carries the compiled p4info, its ids as Go constants, and the program
// for BMv2. Every data plane, in hardware or in software, takes these tables.
package p4src
