package devcluster

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// Config says what to run. The zero value is the default cluster in a fresh directory.
type Config struct {
	Binary     string         // the nopaxos binary; default this process's own
	Dir        string         // default a fresh one under the user's cache directory
	RESP       netip.AddrPort // where Redis clients connect; default 127.0.0.1:7379
	Replicas   int            // 2f+1; default 3
	Sequencers int            // default 2

	Hosts Hosts // where the roles run; default: all on this machine, on its loopback interface

	Supervise      bool // restart a role that dies by itself
	FaultInjection bool // let Drop work

	// Log gets a line for everything that happens to a role: one that died, one that was
	// restarted. Default: nobody is told.
	Log io.Writer
	// Patience bounds how long Start waits for the first committed write; default 30 s.
	Patience time.Duration
}

// Hosts runs the roles where they have addresses that this process has not.
type Hosts interface {
	// File describes the cluster, but for what is in its directory: path and key files. It has at
	// least one front-end. RESP, Replicas and Sequencers of the configuration then count for
	// nothing.
	File() *cluster.File
	// Start starts a role, like "replica-0", on its host.
	Start(role string, cmd *exec.Cmd) error
	// Dial connects to a role, where the role is.
	Dial(ctx context.Context, network, address string) (net.Conn, error)
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
	if c.Hosts != nil {
		f := c.Hosts.File()
		c.RESP, c.Replicas, c.Sequencers = f.KV[0].RESP, len(f.Groups[0].Replicas), len(f.Sequencers)
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
