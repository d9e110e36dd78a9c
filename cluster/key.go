package cluster

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/netordered/nopaxos/replica/wire"
)

// KeyLen is the length in bytes of the keys that WriteKey makes.
const KeyLen = 32

// maxKeyFile bounds what is read as a key file, in bytes.
const maxKeyFile = 1 << 12

// Key reads the cluster key from the key file. What is wrong with it is an *Error at the line of
// key_file.
func (f *File) Key() ([]byte, error) {
	path := f.Resolve(f.KeyFile)
	bad := func(problem, expected string) ([]byte, error) {
		return nil, f.errorAt("key_file", path+" "+problem, expected)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return bad("is not there", "a key file; `nopaxos keygen` makes one")
	case err != nil:
		return bad("cannot be read: "+cause(err), "a readable key file")
	case !info.Mode().IsRegular() || info.Size() > maxKeyFile:
		return bad("is not a small regular file", "a key file")
	case info.Mode().Perm()&0o077 != 0:
		return bad(fmt.Sprintf("has mode %04o", info.Mode().Perm()), "0600, so that only its owner can read it")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return bad("cannot be read: "+cause(err), "a readable key file")
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return bad("is not hexadecimal", fmt.Sprintf("at least %d bytes in hex", wire.MinClusterKey))
	}
	if len(key) < wire.MinClusterKey {
		return bad(fmt.Sprintf("has %d bytes", len(key)), fmt.Sprintf("at least %d bytes in hex", wire.MinClusterKey))
	}
	return key, nil
}

// Keys reads the cluster key and derives the keys that the roles use.
func (f *File) Keys() (wire.Keys, error) {
	key, err := f.Key()
	if err != nil {
		return wire.Keys{}, err
	}
	return wire.DeriveKeys(key)
}

// WriteKey makes a random cluster key and writes it to a new file at path that only its owner can read.
// It never replaces a file.
func WriteKey(path string) error {
	key := make([]byte, KeyLen)
	rand.Read(key) // never fails, see crypto/rand
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	_, err = file.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}
