package cluster

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/netordered/nopaxos/replica/wire"
)

// KeyLen is the length in bytes of the keys that WriteKey makes.
const KeyLen = 32

// clientKeyPrefix starts a client key file. It tells the two kinds of key apart: the file of a cluster key is all hexadecimal.
const clientKeyPrefix = "nopaxos-client-key:"

// Key reads the cluster key from the key file. It reports a bad file as an *Error at the line of key_file.
func (f *File) Key() ([]byte, error) {
	key, flaw := readKey(f.Resolve(f.KeyFile))
	if flaw != nil {
		return nil, f.errorAt("key_file", flaw.problem, flaw.expected)
	}
	return key, nil
}

// Keys reads the cluster key and derives the keys that controllers and replicas use.
func (f *File) Keys() (wire.Keys, error) {
	key, err := f.Key()
	if err != nil {
		return wire.Keys{}, err
	}
	return wire.DeriveKeys(key)
}

// ClientAuth returns the clients' key. It reads the client key file if the cluster file names one; otherwise it derives the
// key from the cluster key. It reports a bad file as an *Error.
func (f *File) ClientAuth() (wire.Auth, error) {
	if f.ClientKeyFile != "" {
		key, flaw := readClientKey(f.Resolve(f.ClientKeyFile))
		if flaw != nil {
			return wire.Auth{}, f.errorAt("client_key_file", flaw.problem, flaw.expected)
		}
		return wire.ClientAuth(key)
	}
	keys, err := f.Keys()
	return keys.Client, err
}

// ReadKey reads a cluster key from the file at path.
func ReadKey(path string) ([]byte, error) {
	key, flaw := readKey(path)
	if flaw != nil {
		return nil, fmt.Errorf("cluster key: %s, expected %s", flaw.problem, flaw.expected)
	}
	return key, nil
}

// WriteKey writes a random cluster key to a new file at path that only its owner can read. It never replaces a file.
func WriteKey(path string) error {
	key := make([]byte, KeyLen)
	rand.Read(key) // never fails, see crypto/rand
	return writeKeyFile(path, hex.EncodeToString(key))
}

// WriteClientKey writes the client key of a cluster key to a new file at path that only its owner can
// read. It never replaces a file.
func WriteClientKey(path string, clusterKey []byte) error {
	key, err := wire.ClientKey(clusterKey)
	if err != nil {
		return err
	}
	return writeKeyFile(path, clientKeyPrefix+hex.EncodeToString(key))
}

func writeKeyFile(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	_, err = file.WriteString(text + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

func readKey(path string) ([]byte, *secretFlaw) {
	text, flaw := readSecret(path, "key file", "a key file; `nopaxos keygen` makes one")
	if flaw != nil {
		return nil, flaw
	}
	expected := fmt.Sprintf("at least %d bytes in hex", wire.MinClusterKey)
	if strings.HasPrefix(text, clientKeyPrefix) {
		return nil, &secretFlaw{path + " is a client key", "the cluster key: " + expected}
	}
	key, err := hex.DecodeString(text)
	switch {
	case err != nil:
		return nil, &secretFlaw{path + " is not hexadecimal", expected}
	case len(key) < wire.MinClusterKey:
		return nil, &secretFlaw{fmt.Sprintf("%s has %d bytes", path, len(key)), expected}
	}
	return key, nil
}

func readClientKey(path string) ([]byte, *secretFlaw) {
	text, flaw := readSecret(path, "key file", "a client key file; `nopaxos keygen --client-of` makes one")
	if flaw != nil {
		return nil, flaw
	}
	expected := fmt.Sprintf("%s and %d bytes in hex, as `nopaxos keygen --client-of` writes it", clientKeyPrefix, wire.ClientKeyLen)
	digits, ok := strings.CutPrefix(text, clientKeyPrefix)
	if !ok {
		return nil, &secretFlaw{path + " is not a client key", expected}
	}
	key, err := hex.DecodeString(digits)
	switch {
	case err != nil:
		return nil, &secretFlaw{path + " is not hexadecimal", expected}
	case len(key) != wire.ClientKeyLen:
		return nil, &secretFlaw{fmt.Sprintf("%s has %d bytes", path, len(key)), expected}
	}
	return key, nil
}
