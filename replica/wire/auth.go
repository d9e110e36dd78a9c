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

// ClientKey derives from the cluster key the one that clients are given, ClientKeyLen bytes.
// Nothing else can be derived from it.
func ClientKey(clusterKey []byte) ([]byte, error) {
	return expand(clusterKey, clientPurpose, ClientKeyLen)
}

// ClientAuth returns what clients seal requests and open replies with: the same as Keys.Client of
// the cluster key that clientKey was derived from.
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
