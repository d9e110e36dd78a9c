// Package wire encodes the messages among the replicas of the comparison systems. Requests and
// replies are those of package replica/wire, so that a client's datagrams cost every system the same.
// Messages among replicas have a similar frame:
//
//	0  u16 magic    0x4E42 ("NB")
//	2  u8  version  1
//	3  u8  kind     of the message
//	4  …   body     big-endian fields, in the order of the message's struct
//	   16  tag      SipHash-2-4-128 over everything before it, under the replicas' key
//
// Parsing never panics, and never allocates more than the length of the frame. The messages of normal
// operation are encoded and decoded without allocation.
package wire
