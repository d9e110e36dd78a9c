package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/bench/role"
)

// deployment is a running system with its clients.
type deployment struct {
	processes []*worker      // all
	clients   []*worker      // of these, the load generators
	closers   []func() error // of resources besides processes, called in reverse order
	dir       string
	dropped   float64 // share of the received datagrams that all processes drop
}

func (d *deployment) add(p *worker) {
	d.processes = append(d.processes, p)
	if p.kind == kindClient {
		d.clients = append(d.clients, p)
	}
}

// of returns the processes of a kind.
func (d *deployment) of(kind string) []*worker {
	var list []*worker
	for _, p := range d.processes {
		if p.kind == kind {
			list = append(list, p)
		}
	}
	return list
}

func clientRole(i int) string { return fmt.Sprintf("%s-%d", kindClient, i) }

// startPatience bounds the time until a system has executed the first operation.
const startPatience = 30 * time.Second

// deploy starts a system of n replicas and its clients, and returns when the system has executed an operation of
// each client. If it fails, no process is left running.
func deploy(ctx context.Context, cfg *Config, p place, s *System, n int, machine string) (*deployment, error) {
	dir, err := os.MkdirTemp(cfg.Dir, s.Name+"-*")
	if err != nil {
		return nil, fmt.Errorf("directory of %s: %w", s.Name, err)
	}
	c := &cast{cfg: cfg, place: p, dir: dir, system: s, n: n, machine: machine, started: &deployment{dir: dir}}
	if s.Single {
		c.n = 1
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startPatience, fmt.Errorf("not ready within %v", startPatience))
	defer cancel()
	if err := c.play(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("%s with %d replicas: %w (logs in %s)", s.Name, c.n, err, dir), c.started.end())
	}
	return c.started, nil
}

// play starts all roles and connects the clients.
func (c *cast) play(ctx context.Context) error {
	key := make([]byte, cluster.KeyLen)
	_, _ = rand.Read(key) // never fails
	c.spec = role.Spec{System: c.system.Name, Machine: c.machine, Key: key, MTU: payloadBytes}
	if err := c.system.cast(c); err != nil {
		return err
	}
	if c.controlled {
		if err := c.startController(ctx); err != nil {
			return err
		}
	}
	clients := clientProcesses
	if c.system.Name == bareSeq {
		clients = 1 // the group's first replica
	}
	for i := range clients {
		spec := c.spec
		spec.Kind = role.KindClient
		var err error
		if c.system.Name == bareSeq {
			spec.Listen = spec.Replicas[0].UDP
		} else if spec.Listen, err = c.place.Address(clientRole(i)); err != nil {
			return err
		}
		if err := c.start(kindClient, i, spec); err != nil {
			return err
		}
	}
	return c.started.ready(ctx)
}

// ready waits until every process takes orders and an operation of every client has been executed.
func (d *deployment) ready(ctx context.Context) error {
	for _, p := range d.processes {
		if err := p.ready(ctx); err != nil {
			return err
		}
	}
	return each(d.clients, func(p *worker) error {
		_, err := p.ask(ctx, role.Order{Connect: &role.Connect{Patience: startPatience}})
		return err
	})
}

// each calls f for all processes concurrently.
func each(list []*worker, f func(*worker) error) error {
	failed := make([]error, len(list))
	var wg sync.WaitGroup
	for i, p := range list {
		wg.Go(func() { failed[i] = f(p) })
	}
	wg.Wait()
	return errors.Join(failed...)
}

// end ends all processes, clients first.
func (d *deployment) end() error {
	rest := make([]*worker, 0, len(d.processes))
	for _, p := range d.processes {
		if p.kind != kindClient {
			rest = append(rest, p)
		}
	}
	failed := errors.Join(each(d.clients, (*worker).stop), each(rest, (*worker).stop))
	for _, closing := range slices.Backward(d.closers) {
		failed = errors.Join(failed, closing())
	}
	return failed
}
