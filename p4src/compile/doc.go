// Command compile runs the P4 compiler over the switch program:
//
//	go run ./p4src/compile bmv2      # make p4: oum.p4 into generated/, which is checked in
//	go run ./p4src/compile tofino DIR [FLAG …]
//	                                 # make p4-tofino: oum_tna.p4 into DIR, and what it takes of the chip
//
// It exits with 2 and says what to install when there is no compiler for the target. Building the
// rest of this module needs no P4 compiler: package p4src embeds what is checked in.
package main
