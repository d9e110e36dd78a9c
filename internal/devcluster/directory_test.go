package devcluster

import (
	"os"
	"testing"
)

// Front-ends and clients do not need the cluster key.
func TestClientsDoWithoutTheClusterKey(t *testing.T) {
	cfg, err := Config{Dir: t.TempDir()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	f := written(t, cfg)
	if err := os.Remove(f.Resolve(f.KeyFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.ClientAuth(); err != nil {
		t.Error(err)
	}
	if _, err := f.Keys(); err == nil {
		t.Error("the replicas' keys were derived without the cluster key")
	}
	if err := refuseForeign(cfg.Dir); err != nil {
		t.Errorf("a cluster's own directory is refused: %v", err)
	}
}
