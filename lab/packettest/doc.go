// Package packettest is the packet-level test suite of the OUM switch program (p4src; OSDI 2016 §4): a
// table of cases, each with the entries to install through P4Runtime, the frames to send in at which
// port, and the frames to expect, byte for byte. The same cases run on every data plane that implements
// [Target]: a test calls [Run]. Tests in this package run them on BMv2 and on the end-host sequencer. A
// data plane names the features that it lacks, such as ports to other switches, and skips their cases.
//
// No case waits for time to pass: a sentinel follows its packets, and a packet that has not come out
// before the sentinel was dropped. The suite verifies the IPv4 and UDP checksums of every frame that
// comes out, and prints a wrong frame field by field.
//
// [RunConduct] tests the P4Runtime server of a target: it pins where BMv2's server deviates from the
// P4Runtime specification, since a controller has to work with both.
package packettest
