// Package wire is the wire format of the protocol: the messages that clients and replicas exchange in datagrams,
// in the payloads of OUM messages and on the bulk channel.
//
// A frame is
//
//	0  u16 magic    0x4E50 ("NP")
//	2  u8  version  1
//	3  u8  kind     kind of the message
//	4  …   body     big-endian fields, in the order of the message's struct
//	   16  tag      SipHash-2-4-128 over everything before it, under the key of the kind
//
// Append functions append a frame without its tag, [Auth.Seal] adds the tag, [Keys.Open] checks and removes it,
// and Parse functions parse the rest. Parsing never panics, allocates at most in proportion to the frame's
// length, and keeps no reference to the frame except where documented. Encoding and decoding of Request, Reply
// and Tick does not allocate.
package wire
