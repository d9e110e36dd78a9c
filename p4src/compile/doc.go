// Command compile runs the P4 compiler over the switch program:
//
//	go run ./p4src/compile bmv2      # make p4: oum.p4 into generated/, which is checked in
//	go run ./p4src/compile tofino DIR [FLAG …]
//	                                 # make p4-tofino: oum_tna.p4 into DIR, with a report of its use of the chip
//
// If no compiler for the target is installed, it names one and exits with status 2. The rest of this
// module builds without a P4 compiler: package p4src embeds the checked-in artefacts.
package main
