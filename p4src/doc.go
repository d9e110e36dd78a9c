// Package p4src is the contract between controller and sequencers: the P4Runtime view of oum.p4,
// the switch program that implements Ordered Unreliable Multicast (OSDI 2016 §4). Every data plane,
// in hardware or in software, implements its tables. The package embeds the compiled p4info and the
// program for BMv2, and defines the ids of the p4info as Go constants. The P4 sources are in the same
// directory.
package p4src
