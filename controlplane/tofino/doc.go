// Package tofino packs a compiled Tofino program into the device config of P4Runtime's SetForwardingPipelineConfig, in
// the form that P4Runtime servers over bf_switchd take (that of PI's Tofino target, which Stratum's reads too): three
// parts, each after its length in bytes, an unsigned 32-bit little-endian number:
//
//	u32 n₁ · n₁ bytes   the program's name
//	u32 n₂ · n₂ bytes   tofino.bin, which configures the chip's parsers, tables and ALUs
//	u32 n₃ · n₃ bytes   context.json, which tells the driver where the program's tables are
//
// The compiler writes the last two into pipe/ of its output directory.
package tofino
