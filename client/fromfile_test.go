package client

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

const clusterFile = `name: lab
mtu: 9000
key_file: cluster.key
client_key_file: client.key
controllers:
  - {address: 127.0.0.1:9600, dir: controller-0}
sequencers:
  - {name: a, p4runtime: 127.0.0.1:9559, data: 127.0.0.1:9797}
groups:
  - name: kv
    address: 10.97.0.1
    f: 0
    replicas:
      - {address: 127.0.0.1:9701, dir: replica-0}
`

// TestFromFile configures a client from the cluster file and the client key, without the cluster key.
func TestFromFile(t *testing.T) {
	dir := t.TempDir()
	f, err := cluster.Parse(filepath.Join(dir, "cluster.yaml"), []byte(clusterFile))
	if err != nil {
		t.Fatal(err)
	}
	var e *cluster.Error
	if _, err := FromFile(f, "kv"); !errors.As(err, &e) || e.Key != "client_key_file" {
		t.Errorf("without a client key: %v, expected a *cluster.Error about client_key_file", err)
	}
	clusterKey := []byte("the cluster's key")
	if err := cluster.WriteClientKey(filepath.Join(dir, "client.key"), clusterKey); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(f.Resolve(f.KeyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("there is a cluster key: %v", err)
	}
	keys, err := wire.DeriveKeys(clusterKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kv", ""} {
		config, err := FromFile(f, name)
		if err != nil {
			t.Fatal(err)
		}
		if config.Group != oumlib.GroupNumber([4]byte{10, 97, 0, 1}) || config.Replicas != 1 || config.MTU != 9000 ||
			config.Auth != keys.Client || len(config.Controllers) != 1 || config.Controllers[0] != "127.0.0.1:9600" {
			t.Errorf("group %q: %+v", name, config)
		}
	}
	if _, err := FromFile(f, "cache"); !errors.As(err, &e) || e.Key != "groups" {
		t.Errorf("unknown group: %v, expected a *cluster.Error about groups", err)
	}
}
