package wire

import (
	"bytes"
	"errors"
	"testing"
)

func TestShortClusterKeyIsRefused(t *testing.T) {
	if _, err := DeriveKeys(make([]byte, MinClusterKey-1)); err == nil {
		t.Error("a cluster key of 15 bytes was accepted")
	}
}

// TestKeySeparation: no key opens what another key sealed, so that clients can forge neither messages of replicas
// nor digests nor session tokens, and keys of another cluster are useless.
func TestKeySeparation(t *testing.T) {
	other, err := DeriveKeys([]byte("another cluster's key"))
	if err != nil {
		t.Fatal(err)
	}
	auths := map[string]Auth{
		"client": testKeys.Client, "replica": testKeys.Replica, "digest": testKeys.Digest,
		"other client": other.Client, "other replica": other.Replica, "other digest": other.Digest,
	}
	for from, seal := range auths {
		frame := seal.Seal([]byte("some frame"), 0)
		for to, open := range auths {
			if _, ok := open.Open(frame); ok != (from == to) {
				t.Errorf("sealed with the %s key, opened with the %s key: %v", from, to, ok)
			}
		}
	}
	if bytes.Equal(testKeys.Token, other.Token) || len(testKeys.Token) != 32 {
		t.Errorf("token keys of two clusters: %x and %x, expected two of 32 bytes", testKeys.Token, other.Token)
	}
	for kind := KindRequest; kind < kindEnd; kind++ {
		frame := appendPrefix(nil, kind)
		wrong := testKeys.Client
		if kind.FromClient() {
			wrong = testKeys.Replica
		}
		if _, _, err := testKeys.Open(wrong.Seal(frame, 0)); !errors.Is(err, ErrTag) {
			t.Errorf("a %v under the other side's key: %v, expected %v", kind, err, ErrTag)
		}
	}
}

// TestEveryBitOfTheTagCounts flips each bit, and each pair of bits at the same position in the two halves of the
// tag, which a comparison of the combined halves would accept.
func TestEveryBitOfTheTagCounts(t *testing.T) {
	for _, content := range []string{"", "a", "some frame", "some other frame"} {
		frame := testKeys.Client.Seal([]byte(content), 0)
		tag := frame[len(content):]
		for i := range tag {
			for bit := range 8 {
				tag[i] ^= 1 << bit
				if _, ok := testKeys.Client.Open(frame); ok {
					t.Fatalf("%q: bit %d of byte %d does not count", content, bit, i)
				}
				tag[(i+8)%16] ^= 1 << bit
				if _, ok := testKeys.Client.Open(frame); ok {
					t.Fatalf("%q: bit %d of bytes %d and %d do not count", content, bit, i, (i+8)%16)
				}
				tag[(i+8)%16] ^= 1 << bit
				tag[i] ^= 1 << bit
			}
		}
		if _, ok := testKeys.Client.Open(frame); !ok {
			t.Fatalf("%q: the right tag was refused", content)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	ping := testKeys.Replica.Seal(Append(nil, &Ping{}), 0)
	change := func(i int, v byte) []byte {
		b := bytes.Clone(ping)
		b[i] = v
		return b
	}
	for name, c := range map[string]struct {
		frame []byte
		want  error
	}{
		"nothing":         {nil, ErrShort},
		"a prefix":        {ping[:PrefixLen], ErrShort},
		"less than a tag": {ping[:PrefixLen+TagLen-1], ErrShort},
		"another magic":   {change(1, 0), ErrMagic},
		"another version": {change(2, 2), ErrVersion},
		"no kind":         {change(3, 0), ErrKind},
		"unknown kind":    {change(3, byte(kindEnd)), ErrKind},
		"another kind":    {change(3, byte(KindRecover)), ErrTag},
		"cut":             {ping[:len(ping)-1], ErrTag},
	} {
		if _, _, err := testKeys.Open(c.frame); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, expected %v", name, err, c.want)
		}
	}
}

// TestSealOfPart: Seal covers the bytes from start on only.
func TestSealOfPart(t *testing.T) {
	b := testKeys.Client.Seal([]byte("headerframe"), 6)
	if body, ok := testKeys.Client.Open(b[6:]); !ok || string(body) != "frame" {
		t.Errorf("opened %q, %v, expected the frame behind the header", body, ok)
	}
}

// TestClientKey: the clients' key opens and seals like the one that replicas derive.
func TestClientKey(t *testing.T) {
	clusterKey := []byte("a cluster's key of its own")
	keys, err := DeriveKeys(clusterKey)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ClientKey(clusterKey)
	if err != nil {
		t.Fatal(err)
	}
	if auth, err := ClientAuth(key); err != nil || auth != keys.Client {
		t.Errorf("the clients' key is another one than the replicas', or %v", err)
	}
	if _, err := ClientAuth(key[:ClientKeyLen-1]); err == nil {
		t.Error("a client key of 15 bytes was accepted")
	}
	if _, err := ClientKey(clusterKey[:MinClusterKey-1]); err == nil {
		t.Error("a client key was made of a cluster key of 15 bytes")
	}
}
