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

// ClientKeyLen is the length in bytes of the clients' key.
const ClientKeyLen = authKeyLen

// Auth computes and checks tags under one key with SipHash-2-4-128 (Aumasson & Bernstein, "SipHash: a fast
// short-input PRF"), a MAC that takes tens of nanoseconds per datagram.
type Auth struct{ k0, k1 uint64 }

// Seal appends the tag of b[start:] to b.
func (a Auth) Seal(b []byte, start int) []byte {
	hi, lo := siphash.Hash128(a.k0, a.k1, b[start:])
	return appendU64(appendU64(b, hi), lo)
}

// Open checks the tag at the end of b and returns b without it.
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

// Sum returns the 128-bit keyed hash of b, of which the log's chained digest is made.
func (a Auth) Sum(b []byte) Digest {
	hi, lo := siphash.Hash128(a.k0, a.k1, b)
	return Digest{Hi: hi, Lo: lo}
}

// Keys are the keys derived from the cluster key. Clients have only Client, with which they can compute neither
// session tokens nor messages of replicas.
type Keys struct {
	Client  Auth   // requests and replies
	Replica Auth   // messages among replicas, including TICKs
	Digest  Auth   // the log's chained digest; the same at every replica
	Token   []byte // session tokens, see oumlib.SessionToken
}

// DeriveKeys derives the keys from the cluster key by HKDF-SHA256 (RFC 5869).
func DeriveKeys(clusterKey []byte) (Keys, error) {
	var keys Keys
	for _, k := range []struct {
		purpose string
		auth    *Auth
	}{{clientPurpose, &keys.Client}, {"replica", &keys.Replica}, {"digest", &keys.Digest}} {
		b, err := expand(clusterKey, k.purpose, authKeyLen)
		if err != nil {
			return Keys{}, err
		}
		*k.auth = newAuth(b)
	}
	token, err := expand(clusterKey, "session token", 32)
	if err != nil {
		return Keys{}, err
	}
	keys.Token = token
	return keys, nil
}

// ClientKey derives the clients' key, of ClientKeyLen bytes, from the cluster key. No other key can be derived
// from it.
func ClientKey(clusterKey []byte) ([]byte, error) {
	return expand(clusterKey, clientPurpose, ClientKeyLen)
}

// ClientAuth returns the Auth with which clients seal requests and open replies: Keys.Client of the cluster key
// from which clientKey was derived.
func ClientAuth(clientKey []byte) (Auth, error) {
	if len(clientKey) != ClientKeyLen {
		return Auth{}, fmt.Errorf("client key is %d bytes long, expected %d", len(clientKey), ClientKeyLen)
	}
	return newAuth(clientKey), nil
}

const (
	clientPurpose = "client"
	authKeyLen    = 16 // of SipHash, in bytes
)

func newAuth(key []byte) Auth {
	return Auth{k0: binary.LittleEndian.Uint64(key), k1: binary.LittleEndian.Uint64(key[8:])}
}

// expand derives n bytes for one purpose.
func expand(clusterKey []byte, purpose string, n int) ([]byte, error) {
	if len(clusterKey) < MinClusterKey {
		return nil, fmt.Errorf("cluster key is %d bytes long, expected at least %d", len(clusterKey), MinClusterKey)
	}
	b, err := hkdf.Key(sha256.New, clusterKey, nil, "nopaxos "+purpose, n)
	if err != nil {
		return nil, fmt.Errorf("deriving the %s key: %w", purpose, err)
	}
	return b, nil
}

// Open checks magic, version, kind and tag of a frame. It returns the kind and the frame without its tag, for the
// Parse functions.
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
