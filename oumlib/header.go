package oumlib

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

const (
	// magic is the first two bytes of every OUM datagram: "OU".
	magic = 0x4F55
	// version is the supported header version.
	version = 1
	// HeaderLen is the length of the OUM header in bytes.
	HeaderLen = 28

	// tokenLabel separates session tokens from other values computed with the same key.
	tokenLabel = "oum-session"

	// FlagSequenced marks a stamped message. Only sequencers set it.
	FlagSequenced = 1 << 0
)

// Offsets of the header's fields, in bytes from the start of the UDP payload.
const (
	offFlags   = 3
	offGroup   = 4
	offSession = 8
	offSeq     = 12
	offToken   = 20
)

// Errors of ParseHeader. They carry no detail, so that rejecting a datagram allocates nothing; callers count them
// by identity.
var (
	ErrShort   = errors.New("oumlib: datagram shorter than the 28-byte OUM header")
	ErrMagic   = errors.New("oumlib: datagram does not start with the OUM magic 0x4F55")
	ErrVersion = errors.New("oumlib: OUM header version is not 1")
)

// Header is the OUM header, in which the sequencer stamps every message of a group (OSDI 2016 §4.1). Integers are
// big-endian.
type Header struct {
	Flags   uint8
	Group   uint32 // the group's number: its virtual IPv4 address, see GroupNumber
	Session uint32 // 0 from the sender
	Seq     uint64 // message number, 1, 2, 3, … within a session; 0 from the sender
	Token   uint64 // session token, written by the sequencer; 0 from the sender
}

// Sequenced reports whether a sequencer has stamped the message.
func (h Header) Sequenced() bool { return h.Flags&FlagSequenced != 0 }

func (h Header) String() string {
	return fmt.Sprintf("group=%d session=%d seq=%d flags=%#02x token=%016x", h.Group, h.Session, h.Seq, h.Flags, h.Token)
}

// AppendHeader appends the 28 bytes of h to b.
func AppendHeader(b []byte, h Header) []byte {
	b = binary.BigEndian.AppendUint16(b, magic)
	b = append(b, version, h.Flags)
	b = binary.BigEndian.AppendUint32(b, h.Group)
	b = binary.BigEndian.AppendUint32(b, h.Session)
	b = binary.BigEndian.AppendUint64(b, h.Seq)
	return binary.BigEndian.AppendUint64(b, h.Token)
}

// ParseHeader parses the header at the start of a UDP payload and returns the rest as payload, which aliases b.
func ParseHeader(b []byte) (h Header, payload []byte, err error) {
	if len(b) < HeaderLen {
		return Header{}, nil, ErrShort
	}
	if binary.BigEndian.Uint16(b) != magic {
		return Header{}, nil, ErrMagic
	}
	if b[2] != version {
		return Header{}, nil, ErrVersion
	}
	return Header{
		Flags:   b[offFlags],
		Group:   binary.BigEndian.Uint32(b[offGroup:]),
		Session: binary.BigEndian.Uint32(b[offSession:]),
		Seq:     binary.BigEndian.Uint64(b[offSeq:]),
		Token:   binary.BigEndian.Uint64(b[offToken:]),
	}, b[HeaderLen:], nil
}

// Stamp writes session, message number and token into a datagram that ParseHeader accepted, and
// marks it as sequenced. Only sequencers call it.
func Stamp(b []byte, session uint32, seq, token uint64) {
	b[offFlags] |= FlagSequenced
	binary.BigEndian.PutUint32(b[offSession:], session)
	binary.BigEndian.PutUint64(b[offSeq:], seq)
	binary.BigEndian.PutUint64(b[offToken:], token)
}

// GroupNumber returns the number of the group with the virtual IPv4 address addr: the address as a big-endian
// integer. From it a sequencer that is not on the path, and receives datagrams under its own address, finds the
// table entry of the group's address.
func GroupNumber(addr [4]byte) uint32 { return binary.BigEndian.Uint32(addr[:]) }

// GroupAddress is the inverse of GroupNumber.
func GroupAddress(group uint32) (addr [4]byte) {
	binary.BigEndian.PutUint32(addr[:], group)
	return addr
}

// SessionToken returns the token of (group, session): the first 8 bytes of HMAC-SHA256(key, "oum-session" ‖ group
// ‖ session). The controller installs it with the session, and receivers compare it with every stamped datagram,
// so that only a sequencer can assign message numbers and sessions.
func SessionToken(key []byte, group, session uint32) uint64 {
	mac := hmac.New(sha256.New, key)
	var b [8]byte
	binary.BigEndian.PutUint32(b[:4], group)
	binary.BigEndian.PutUint32(b[4:], session)
	mac.Write([]byte(tokenLabel))
	mac.Write(b[:])
	return binary.BigEndian.Uint64(mac.Sum(nil))
}
