package wire

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/dchest/siphash"
)

// TagLen is the length in bytes of a frame's authentication tag.
const TagLen = 16

// MinClusterKey is the least length in bytes of a cluster key.
const MinClusterKey = 16

// Auth makes and checks tags with one key: SipHash-2-4 with 128 bits of output (Aumasson &
// Bernstein, "SipHash: a fast short-input PRF"), a keyed MAC that costs tens of nanoseconds a
// datagram.
type Auth struct{ k0, k1 uint64 }

// Seal appends the tag of b[start:] to b.
func (a Auth) Seal(b []byte, start int) []byte {
	hi, lo := siphash.Hash128(a.k0, a.k1, b[start:])
	return appendU64(appendU64(b, hi), lo)
}

// Open checks the tag at the end of b and returns what stands before it.
func (a Auth) Open(b []byte) (body []byte, ok bool) {
	if len(b) < TagLen {
		return nil, false
	}
	body = b[:len(b)-TagLen]
	hi, lo := siphash.Hash128(a.k0, a.k1, body)
	tag := b[len(b)-TagLen:]
	hi ^= binary.BigEndian.Uint64(tag)
	lo ^= binary.BigEndian.Uint64(tag[8:])
	return body, hi|lo == 0
}

// Sum returns a 128-bit keyed hash of b; the log's chained digest is made of it.
func (a Auth) Sum(b []byte) Digest {
	hi, lo := siphash.Hash128(a.k0, a.k1, b)
	return Digest{Hi: hi, Lo: lo}
}

// Keys are the separate keys that the cluster key stands for. A client holds only Client: it can
// compute neither session tokens nor messages of replicas.
type Keys struct {
	Client  Auth   // requests and replies
	Replica Auth   // messages among replicas, TICKs among them
	Digest  Auth   // the log's chained digest; the same at every replica
	Token   []byte // session tokens, see oumlib.SessionToken
}

// DeriveKeys derives the keys from the cluster key by HKDF-SHA256 (RFC 5869).
func DeriveKeys(clusterKey []byte) (Keys, error) {
	if len(clusterKey) < MinClusterKey {
		return Keys{}, fmt.Errorf("cluster key is %d bytes long, expected at least %d", len(clusterKey), MinClusterKey)
	}
	expand := func(purpose string, n int) ([]byte, error) {
		return hkdf.Key(sha256.New, clusterKey, nil, "nopaxos "+purpose, n)
	}
	var keys Keys
	for _, k := range []struct {
		purpose string
		auth    *Auth
	}{{"client", &keys.Client}, {"replica", &keys.Replica}, {"digest", &keys.Digest}} {
		b, err := expand(k.purpose, 16)
		if err != nil {
			return Keys{}, fmt.Errorf("deriving the %s key: %w", k.purpose, err)
		}
		k.auth.k0, k.auth.k1 = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
	}
	token, err := expand("session token", 32)
	if err != nil {
		return Keys{}, fmt.Errorf("deriving the token key: %w", err)
	}
	keys.Token = token
	return keys, nil
}

// Open checks a frame: its magic, version, kind and tag. It returns the kind and the frame without
// its tag, which is what the Parse functions take.
func (k *Keys) Open(frame []byte) (Kind, []byte, error) {
	kind, err := PeekKind(frame)
	if err != nil {
		return 0, nil, err
	}
	if len(frame) < PrefixLen+TagLen {
		return 0, nil, ErrShort
	}
	auth := k.Replica
	if kind.FromClient() {
		auth = k.Client
	}
	body, ok := auth.Open(frame)
	if !ok {
		return 0, nil, ErrTag
	}
	return kind, body, nil
}
