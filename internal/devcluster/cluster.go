package devcluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	fresh bool // the directory was made for this cluster
	file  *cluster.File
	roles []*process // in the order of their start
	hosts hosts
	lock  *os.File
	http  *http.Client

	logging sync.Mutex // around cfg.Log

	mu         sync.Mutex
	stopped    bool           // nothing is restarted any more
	restarting sync.WaitGroup // roles that are to be restarted
	stopping   context.Context
	stop       context.CancelFunc
}

// Start starts every role and returns when a write through the front-end has committed. When it
// fails, nothing is left running; the directory stays, for the logs in it.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	fresh := cfg.Dir == ""
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, fresh: fresh, hosts: newHosts(cfg)}
	c.http = &http.Client{Timeout: time.Second, Transport: &http.Transport{DialContext: c.hosts.dial}}
	if err := c.prepare(); err != nil {
		c.hosts.close()
		return nil, err
	}
	c.stopping, c.stop = context.WithCancel(context.Background())
	c.cast()
	for _, p := range c.roles {
		if err := p.start(); err != nil {
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

// prepare locks and fills the directory.
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

// fill replaces what an earlier cluster left in the directory by a new cluster file and key.
func (c *Cluster) fill() error {
	if err := removeEarlier(c.cfg.Dir); err != nil {
		return err
	}
	f, err := c.hosts.layout(c.cfg)
	if err != nil {
		return err
	}
	c.file, err = write(f)
	return err
}

// cast makes the roles: sequencers first, because everybody else waits for a session.
func (c *Cluster) cast() {
	add := func(kind string, index int, http netip.AddrPort, firstArgs ...string) {
		p := &process{
			name: kind + "-" + strconv.Itoa(index), dir: c.cfg.Dir, binary: c.cfg.Binary, http: http,
			args:      []string{kind, "--cluster", c.file.Path, "--index", strconv.Itoa(index)},
			firstArgs: firstArgs, hosts: c.hosts, died: c.died,
		}
		if c.cfg.FaultInjection && kind != "controller" {
			p.args = append(p.args, "--fault-injection")
		}
		c.roles = append(c.roles, p)
	}
	for i, s := range c.file.Sequencers {
		if s.Kind == cluster.KindUDP { // the others are switches, which are not ours to start
			add("sequencer", i, s.HTTP)
		}
	}
	for i, k := range c.file.Controllers {
		add("controller", i, k.HTTP)
	}
	for i, r := range c.file.Groups[0].Replicas {
		add("replica", i, r.HTTP, "--bootstrap")
	}
	for i, k := range c.file.KV {
		add("kv", i, k.HTTP)
	}
}

// File is the cluster file that the roles read.
func (c *Cluster) File() *cluster.File { return c.file }

// Dir is the cluster's directory.
func (c *Cluster) Dir() string { return c.cfg.Dir }

// RESP is where Redis clients connect.
func (c *Cluster) RESP() netip.AddrPort { return c.cfg.RESP }

// HTTP is where the controller answers.
func (c *Cluster) HTTP() netip.AddrPort { return c.file.Controllers[0].HTTP }

// Status asks every role.
func (c *Cluster) Status(ctx context.Context) *status.Cluster {
	return status.QueryThrough(ctx, c.file, time.Second, c.hosts.dial)
}

// Kill ends a role as a crash would (SIGKILL) and returns when it is gone.
func (c *Cluster) Kill(role string) error {
	p, err := c.role(role)
	if err != nil {
		return err
	}
	return p.kill()
}

// Restart starts a role that was killed or died, unless the cluster is stopped. It does not wait for
// it to be of use.
func (c *Cluster) Restart(role string) error {
	p, err := c.role(role)
	if err != nil {
		return err
	}
	c.mu.Lock() // so that Stop, if it comes meanwhile, finds the process
	defer c.mu.Unlock()
	if c.stopped {
		return fmt.Errorf("%s: %w", role, errStopped)
	}
	return p.start()
}

// Pid returns the role's process id; 0 when it does not run.
func (c *Cluster) Pid(role string) (int, error) {
	p, err := c.role(role)
	if err != nil {
		return 0, err
	}
	return p.pid(), nil
}

// Drop makes sequencers, replicas and front-ends lose this share (0 to 1) of the datagrams that they
// receive. The cluster must have been started with FaultInjection.
func (c *Cluster) Drop(ctx context.Context, rate float64) error {
	var errs []error
	for _, p := range c.roles {
		if p.pid() == 0 || p.http == c.HTTP() {
			continue
		}
		url := fmt.Sprintf("http://%s/faults?drop=%g", p.http, rate)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
		if err != nil {
			return err
		}
		response, err := c.http.Do(request)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", p.name, err))
			continue
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			errs = append(errs, fmt.Errorf("%s: fault injection: %s", p.name, response.Status))
		}
	}
	return errors.Join(errs...)
}

// stopPatience is how long a role has to end cleanly.
const stopPatience = 5 * time.Second

// Stop ends every role, cleanly where it can, and returns when all are gone.
func (c *Cluster) Stop() {
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.stop()
	c.restarting.Wait()
	var wg sync.WaitGroup
	for _, p := range c.roles {
		wg.Go(func() {
			p.stop(stopPatience)
			p.reaping.Wait()
		})
	}
	wg.Wait()
	c.hosts.close()
	c.lock.Close()
}

// Remove removes the directory of a cluster that is stopped if it was made for it: one that the
// configuration names is left.
func (c *Cluster) Remove() error {
	if !c.fresh {
		return nil
	}
	if err := os.RemoveAll(c.cfg.Dir); err != nil {
		return fmt.Errorf("cluster directory: %w", err)
	}
	return nil
}

func (c *Cluster) role(name string) (*process, error) {
	for _, p := range c.roles {
		if p.name == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("no role %q in this cluster, expected one like replica-0", name)
}

func (c *Cluster) logf(format string, args ...any) {
	c.logging.Lock()
	defer c.logging.Unlock()
	fmt.Fprintf(c.cfg.Log, format+"\n", args...)
}
