package devcluster

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/status"
)

// Cluster is a running development cluster.
type Cluster struct {
	cfg   Config
	fresh bool // the directory was created for this cluster
	file  *cluster.File
	roles []*role // in the order of their start
	hosts Hosts
	local *loopback // hosts, if these are the cluster's own; else nil
	lock  *os.File

	logging sync.Mutex // around cfg.Log

	mu         sync.Mutex
	stopped    bool           // no role is started again
	restarting sync.WaitGroup // delayed restarts
	stopping   context.Context
	stop       context.CancelFunc
}

// Start starts every role and returns when a write through the front-end has committed. If it fails, no
// role is left running; the directory stays, for the logs in it.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	fresh := cfg.Dir == ""
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, fresh: fresh, hosts: cfg.Hosts}
	if c.hosts == nil {
		if c.local, err = newLoopback(cfg); err != nil {
			return nil, err
		}
		c.hosts = c.local
	}
	if err := c.prepare(); err != nil {
		c.closeLocal()
		return nil, err
	}
	c.stopping, c.stop = context.WithCancel(context.Background())
	c.cast()
	for _, r := range c.roles {
		if err := r.launch(); err != nil {
			c.Stop()
			return nil, err
		}
	}
	if err := c.waitReady(ctx); err != nil {
		c.Stop()
		return nil, fmt.Errorf("%w (logs in %s)", err, c.cfg.Dir)
	}
	return c, nil
}

func (c *Cluster) closeLocal() {
	if c.local != nil {
		_ = c.local.Close() // closing a thread does not fail
	}
}

// prepare locks and fills the cluster's directory.
func (c *Cluster) prepare() error {
	if err := os.MkdirAll(c.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	if err := refuseForeign(c.cfg.Dir); err != nil {
		return err
	}
	if err := c.takeLock(); err != nil {
		return err
	}
	if err := c.fill(); err != nil {
		c.lock.Close()
		return err
	}
	return nil
}

// takeLock keeps a second cluster out of the directory. The kernel drops the lock with the process.
func (c *Cluster) takeLock() error {
	lock, err := os.OpenFile(filepath.Join(c.cfg.Dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return fmt.Errorf("cluster directory %s is in use by another development cluster, expected one that is not", c.cfg.Dir)
	}
	c.lock = lock
	return nil
}

// fill replaces the files of an earlier cluster by a new cluster file and new keys.
func (c *Cluster) fill() (err error) {
	if err := removeEarlier(c.cfg.Dir); err != nil {
		return err
	}
	c.file, err = Write(c.hosts.File(), c.cfg.Dir)
	return err
}

// cast creates the roles, sequencers first, because all others wait for a session.
func (c *Cluster) cast() {
	add := func(kind string, index int, firstArgs ...string) {
		r := &role{
			name: kind + "-" + strconv.Itoa(index), dir: c.cfg.Dir, binary: c.cfg.Binary,
			args:      []string{kind, "--cluster", c.file.Path, "--index", strconv.Itoa(index)},
			firstArgs: firstArgs, start: c.hosts.Start, died: c.died,
		}
		if c.cfg.FaultInjection && kind != "controller" {
			r.args = append(r.args, "--fault-injection")
		}
		c.roles = append(c.roles, r)
	}
	for i, s := range c.file.Sequencers {
		if s.Kind == cluster.KindUDP { // the others are switches, started elsewhere
			add("sequencer", i)
		}
	}
	for i := range c.file.Controllers {
		add("controller", i)
	}
	for i := range c.file.Groups[0].Replicas {
		add("replica", i, "--bootstrap")
	}
	for i := range c.file.KV {
		add("kv", i)
	}
}

// File returns the cluster file that the roles read.
func (c *Cluster) File() *cluster.File { return c.file }

// Dir returns the cluster's directory.
func (c *Cluster) Dir() string { return c.cfg.Dir }

// RESP returns the address that Redis clients connect to.
func (c *Cluster) RESP() netip.AddrPort { return c.cfg.RESP }

// HTTP returns the controller's HTTP address.
func (c *Cluster) HTTP() netip.AddrPort { return c.file.Controllers[0].HTTP }

// Status asks every role for its status.
func (c *Cluster) Status(ctx context.Context) *status.Cluster {
	return status.QueryThrough(ctx, c.file, time.Second, c.hosts.Dial)
}

// errStopped is returned for a role that was to start in a stopped cluster.
var errStopped = errors.New("the cluster is stopped, expected a running one")

// Kill ends a role as a crash would, by SIGKILL, and returns when it is gone.
func (c *Cluster) Kill(role string) error {
	r, err := c.find(role)
	if err != nil {
		return err
	}
	return r.kill()
}

// Restart starts a role that was killed or died, unless the cluster is stopped. It does not wait until the
// role serves.
func (c *Cluster) Restart(role string) error {
	r, err := c.find(role)
	if err != nil {
		return err
	}
	c.mu.Lock() // so that a concurrent Stop finds the process
	defer c.mu.Unlock()
	if c.stopped {
		return fmt.Errorf("%s: %w", role, errStopped)
	}
	return r.launch()
}

// PID returns the role's process id, or 0 if it does not run.
func (c *Cluster) PID(role string) (int, error) {
	r, err := c.find(role)
	if err != nil {
		return 0, err
	}
	return r.pid(), nil
}

// stopPatience bounds how long a role may take to end cleanly.
const stopPatience = 5 * time.Second

// Stop ends every role, cleanly if it can, and returns when all are gone.
func (c *Cluster) Stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.stop()
	c.restarting.Wait()
	var wg sync.WaitGroup
	for _, r := range c.roles {
		wg.Go(func() {
			if err := r.stop(); err != nil {
				c.logf("%v", err)
			}
		})
	}
	wg.Wait()
	c.closeLocal()
	c.lock.Close()
}

// Remove removes the directory of a stopped cluster, unless the configuration named it.
func (c *Cluster) Remove() error {
	if !c.fresh {
		return nil
	}
	if err := os.RemoveAll(c.cfg.Dir); err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	return nil
}

func (c *Cluster) find(name string) (*role, error) {
	for _, r := range c.roles {
		if r.name == name {
			return r, nil
		}
	}
	return nil, fmt.Errorf("no role %q in this cluster, expected one like replica-0", name)
}

func (c *Cluster) logf(format string, args ...any) {
	c.logging.Lock()
	defer c.logging.Unlock()
	fmt.Fprintf(c.cfg.Log, format+"\n", args...)
}
