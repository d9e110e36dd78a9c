package devcluster

import (
	"cmp"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// Config says what to run. The zero value is the default cluster in a fresh directory.
type Config struct {
	Binary     string         // the nopaxos binary; default this process's own
	Dir        string         // default a fresh one under the user's cache directory
	RESP       netip.AddrPort // where Redis clients connect; default 127.0.0.1:7379
	Replicas   int            // 2f+1; default 3
	Sequencers int            // default 2

	Supervise      bool // restart a role that dies by itself
	FaultInjection bool // let Drop work

	// Log gets a line for everything that happens to a role: one that died, one that was
	// restarted. Default: nobody is told.
	Log io.Writer
	// Patience bounds how long Start waits for the first committed write; default 30 s.
	Patience time.Duration
}

// DefaultRESP is where Redis clients connect to a development cluster.
var DefaultRESP = netip.MustParseAddrPort("127.0.0.1:7379")

func (c Config) withDefaults() (Config, error) {
	c.Replicas = cmp.Or(c.Replicas, 3)
	c.Sequencers = cmp.Or(c.Sequencers, 2)
	c.Patience = cmp.Or(c.Patience, 30*time.Second)
	if !c.RESP.IsValid() {
		c.RESP = DefaultRESP
	}
	if c.Log == nil {
		c.Log = io.Discard
	}
	if err := c.Check(); err != nil {
		return c, err
	}
	if c.Binary == "" {
		self, err := os.Executable()
		if err != nil {
			return c, fmt.Errorf("the binary to start the roles from: %w", err)
		}
		c.Binary = self
	}
	if c.Dir == "" {
		dir, err := freshDir()
		if err != nil {
			return c, err
		}
		c.Dir = dir
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return c, fmt.Errorf("directory %s: %w", c.Dir, err)
	}
	c.Dir = dir
	return c, nil
}

// freshDir makes a directory under the user's cache directory.
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
