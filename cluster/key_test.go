package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestClientKeyFile reads the client key without access to the cluster key. Errors name the line of client_key_file.
func TestClientKeyFile(t *testing.T) {
	dir := t.TempDir()
	clusterKey, clientKey := filepath.Join(dir, "cluster.key"), filepath.Join(dir, "client.key")
	text := strings.Replace(good, "key_file: cluster.key\n", "key_file: cluster.key\nclient_key_file: client.key\n", 1)
	f, err := Parse(filepath.Join(dir, "c.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteKey(clusterKey); err != nil {
		t.Fatal(err)
	}
	keys, err := f.Keys()
	if err != nil {
		t.Fatal(err)
	}

	const format = "nopaxos-client-key: and 16 bytes in hex, as `nopaxos keygen --client-of` writes it"
	for _, c := range []struct {
		name string
		text string // empty: no file
		mode os.FileMode
		want string
	}{
		{"absent", "", 0, "does not exist, expected a client key file; `nopaxos keygen --client-of` makes one"},
		{"readable by all", "x", 0o644, "has mode 0644, expected 0600, so that only its owner can read it"},
		{"cluster key", strings.Repeat("ab", 32), 0o600, "is not a client key, expected " + format},
		{"not hex", clientKeyPrefix + "xyz", 0o600, "is not hexadecimal, expected " + format},
		{"too short", clientKeyPrefix + "abcd", 0o600, "has 2 bytes, expected " + format},
		{"too long", clientKeyPrefix + strings.Repeat("ab", 32), 0o600, "has 32 bytes, expected " + format},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.text != "" {
				writeFile(t, clientKey, c.text, c.mode)
				defer os.Remove(clientKey)
			}
			want := f.Path + ":4: client_key_file: " + clientKey + " " + c.want
			if _, err := f.ClientAuth(); err == nil || err.Error() != want {
				t.Errorf("\ngot  %v\nwant %s", err, want)
			}
		})
	}

	key, err := ReadKey(clusterKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteClientKey(clientKey, key); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(clientKey); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("client key file: %v %v, expected mode 0600", info.Mode(), err)
	}
	if err := WriteClientKey(clientKey, key); !errors.Is(err, os.ErrExist) {
		t.Errorf("writing over a client key: %v, expected %v", err, os.ErrExist)
	}
	if err := os.Remove(clusterKey); err != nil {
		t.Fatal(err)
	}
	auth, err := f.ClientAuth()
	if err != nil {
		t.Fatalf("without the cluster key: %v", err)
	}
	if auth != keys.Client {
		t.Error("the client key is not the one that is derived from the cluster key")
	}
}

// Without a client key file, clients derive the key from the cluster key.
func TestClientKeyOfTheClusterKey(t *testing.T) {
	dir := t.TempDir()
	f, err := Parse(filepath.Join(dir, "c.yaml"), []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	var e *Error
	if _, err := f.ClientAuth(); !errors.As(err, &e) || e.Key != "key_file" {
		t.Errorf("without any key: %v, expected an *Error about key_file", err)
	}
	if err := WriteKey(f.Resolve(f.KeyFile)); err != nil {
		t.Fatal(err)
	}
	keys, err := f.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if auth, err := f.ClientAuth(); err != nil || auth != keys.Client {
		t.Errorf("got another key than Keys does, or %v", err)
	}
}

func TestClientKeyIsNoClusterKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "client.key")
	if err := WriteClientKey(path, make([]byte, KeyLen)); err != nil {
		t.Fatal(err)
	}
	want := "cluster key: " + path + " is a client key, expected the cluster key: at least 16 bytes in hex"
	if _, err := ReadKey(path); err == nil || err.Error() != want {
		t.Errorf("\ngot  %v\nwant %s", err, want)
	}
}

func writeFile(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
}
