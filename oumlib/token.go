package oumlib

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// tokenBook computes the tokens of a group's sessions. It computes the current session's token once, and no
// datagram can displace it. A datagram of another session costs one HMAC, or none if the previous one was of the
// same session.
type tokenBook struct {
	group   uint32
	mac     hash.Hash
	scratch [sha256.Size]byte

	session, claimed           uint32
	token, claimedToken        uint64
	haveCurrent, haveCandidate bool
}

func newTokenBook(key []byte, group uint32) *tokenBook {
	return &tokenBook{group: group, mac: hmac.New(sha256.New, key)}
}

// setCurrent makes session the current one.
func (t *tokenBook) setCurrent(session uint32) {
	if t.haveCurrent && t.session == session {
		return
	}
	t.token = t.expected(session)
	t.session, t.haveCurrent = session, true
}

// expected returns the token of session.
func (t *tokenBook) expected(session uint32) uint64 {
	if t.haveCurrent && t.session == session {
		return t.token
	}
	if t.haveCandidate && t.claimed == session {
		return t.claimedToken
	}
	t.claimed, t.claimedToken, t.haveCandidate = session, t.compute(session), true
	return t.claimedToken
}

// compute computes SessionToken without allocating.
func (t *tokenBook) compute(session uint32) uint64 {
	b := append(t.scratch[:0], tokenLabel...)
	b = binary.BigEndian.AppendUint32(b, t.group)
	b = binary.BigEndian.AppendUint32(b, session)
	t.mac.Reset()
	t.mac.Write(b)
	return binary.BigEndian.Uint64(t.mac.Sum(t.scratch[:0]))
}
