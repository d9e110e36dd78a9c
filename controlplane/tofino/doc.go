// Package tofino packs a compiled Tofino program into the device config of P4Runtime's SetForwardingPipelineConfig, in
// the form that P4Runtime servers over bf_switchd take (that of PI's Tofino target, which Stratum's reads too). The
// three things that a switch needs follow one another, each behind its length in bytes; lengths are unsigned 32-bit
// little-endian numbers, and nothing else is in between:
//
//	u32 n₁ · n₁ bytes   the program's name
//	u32 n₂ · n₂ bytes   tofino.bin, what the chip's parsers, tables and ALUs are loaded with
//	u32 n₃ · n₃ bytes   context.json, how the driver finds the program's tables in there
//
// The compiler writes the latter two into pipe/ of its output directory.
package tofino
