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

// Config configures a Cluster. The zero value is the default cluster in a fresh directory.
type Config struct {
	Binary     string         // the nopaxos binary; default this program
	Dir        string         // default a fresh one under the user's cache directory
	RESP       netip.AddrPort // where Redis clients connect; default 127.0.0.1:7379
	Replicas   int            // 2f+1; default 3
	Sequencers int            // default 2

	// Hosts run the roles; default: this machine, on its loopback interface. Their file replaces RESP,
	// Replicas and Sequencers.
	Hosts Hosts

	Supervise      bool // restart a role that dies by itself
	FaultInjection bool // roles accept POST /faults

	// Log gets a line for every role that died or was restarted. Default: discarded.
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
