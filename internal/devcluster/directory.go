package devcluster

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/netordered/nopaxos/cluster"
)

// The files of a cluster's directory, beside those of its roles.
const (
	clusterFile   = "cluster.yaml"
	keyFile       = "cluster.key"
	clientKeyFile = "client.key"
	lockFile      = "dev.lock"
)

// Write writes a cluster's file and new keys into a directory, and returns the file as the roles read it.
func Write(f *cluster.File, dir string) (*cluster.File, error) {
	w := *f
	w.Path, w.KeyFile, w.ClientKeyFile = filepath.Join(dir, clusterFile), keyFile, clientKeyFile
	if err := cluster.WriteKey(w.Resolve(keyFile)); err != nil {
		return nil, err
	}
	key, err := w.Key()
	if err != nil {
		return nil, err
	}
	if err := cluster.WriteClientKey(w.Resolve(clientKeyFile), key); err != nil {
		return nil, err
	}
	text, err := w.Marshal()
	if err != nil {
		return nil, err
	}
	text = append([]byte("# Generated; every role of this cluster reads it.\n"), text...)
	if err := os.WriteFile(w.Path, text, 0o600); err != nil {
		return nil, fmt.Errorf("cluster file: %w", err)
	}
	return cluster.Load(w.Path)
}

// refuseForeign returns an error if the directory has a file that no development cluster creates.
func refuseForeign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	for _, e := range entries {
		if !ours(e.Name()) {
			return fmt.Errorf("cluster directory %s has %s in it, expected an empty directory or that of an earlier development cluster", dir, e.Name())
		}
	}
	return nil
}

// removeEarlier removes the files of an earlier development cluster, except for the lock.
func removeEarlier(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	for _, e := range entries {
		if e.Name() == lockFile || !ours(e.Name()) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("cluster directory: %w", err)
		}
	}
	return nil
}

// roleFile matches the name of a role's directory, log and pid file.
var roleFile = regexp.MustCompile(`^(controller|sequencer|replica|kv)-[0-9]+(\.log|\.pid)?$`)

// ours reports whether a development cluster creates files of this name in its directory. It is exact,
// because the next cluster in the directory removes them.
func ours(name string) bool {
	switch name {
	case clusterFile, keyFile, clientKeyFile, lockFile:
		return true
	}
	return roleFile.MatchString(name)
}

// freshDir creates a directory under the user's cache directory.
func freshDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	parent := filepath.Join(cache, "nopaxos")
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return "", fmt.Errorf("cluster directory: %w", err)
	}
	dir, err := os.MkdirTemp(parent, "dev-*")
	if err != nil {
		return "", fmt.Errorf("cluster directory: %w", err)
	}
	return dir, nil
}
