// Package packettest is the packet-level test suite of the OUM switch program (p4src; OSDI 2016 §4): a
// table of [Case]s, each with what is installed through P4Runtime, which frames go in at which port, and
// which come out, to the byte. The same cases run on every data plane: one that wants to be tested
// implements [Target] and calls [Run] in a test. BMv2 is tested in package bmv2, the end-host sequencer
// in package sequencer/udp. A data plane that lacks what a case is about, such as ports to other
// switches, says so and the case is skipped with that reason.
//
// No case waits for time to pass: behind the packets that it is about goes a sentinel, and what has not
// come out before the sentinel was dropped. Of every frame that comes out the IPv4 and UDP checksums are
// verified, and a frame that differs is shown field by field.
//
// [RunConduct] does the same for the P4Runtime server beside the data plane: it pins what a controller
// has to live with where targets do not do as the P4Runtime specification says.
package packettest
