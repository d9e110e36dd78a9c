// Package wire is the bytes of the protocol: every message that clients and replicas exchange,
// as it travels in a datagram, in the payload of an OUM message or on the bulk channel.
//
// A frame is
//
//	0  u16 magic    0x4E50 ("NP")
//	2  u8  version  1
//	3  u8  kind     which message
//	4  …   body     big-endian fields, in the order of the message's struct
//	   16  tag      SipHash-2-4-128 over everything before it, under the key of the kind
//
// Append functions append a frame without its tag, [Auth.Seal] adds the tag, [Keys.Open] checks and
// removes it, Parse functions read what is left. Parsing never panics, never allocates more than
// the frame is long, and keeps no reference except where it says so. Request, Reply and Tick are
// encoded and decoded without allocation.
package wire
