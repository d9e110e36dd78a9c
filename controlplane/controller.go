package controlplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/probe"
	"github.com/netordered/nopaxos/controlplane/store"
	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/p4src"
)

// Controller runs a failover.Core: it carries out the core's effects over P4Runtime and the store, and reports the
// outcome to the core.
type Controller struct {
	cfg      Config
	log      *slog.Logger
	store    store.Store
	listener net.Listener
	plan     *tables.Plan
	targets  []*target
	routes   *routes
	metrics  *metrics

	inputs   chan func(now time.Duration) // run by the loop, one after another
	origin   time.Time
	probeKey probe.Key      // of this life's probes
	core     *failover.Core // owned by the loop
	work     sync.WaitGroup // effects under way

	mu     sync.Mutex
	status Status
}

// New opens the store and the gRPC address and checks the configuration. The caller must call Run, or Close.
func New(cfg Config) (*Controller, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	st, err := store.Open(cfg.StorePath, p4src.MaxGroups)
	if err != nil {
		return nil, err
	}
	c, err := newController(cfg, st)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	if c.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("controlplane: %w", err), st.Close())
	}
	return c, nil
}

func newController(cfg Config, st store.Store) (*Controller, error) {
	c := &Controller{
		cfg:      cfg,
		log:      cfg.Logger,
		store:    st,
		routes:   newRoutes(cfg.Groups),
		inputs:   make(chan func(time.Duration), 64),
		origin:   time.Now(),
		probeKey: probe.NewKey(),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	groups := cfg.fabricGroups()
	core := failover.Config{
		Targets: len(cfg.Sequencers), Fabric: fabric.New(cfg.Topology, groups), Switches: cfg.switches(), Timing: cfg.Timing,
	}
	for _, g := range cfg.Groups {
		last, err := st.Last(g.Number)
		if err != nil {
			return nil, err
		}
		core.Groups = append(core.Groups, failover.Group{Number: g.Number, F: g.F, Replicas: len(g.Replicas), Last: last})
	}
	var err error
	if c.core, err = failover.New(core); err != nil {
		return nil, err
	}
	if c.plan, err = tables.NewPlan(cfg.Topology, groups, cfg.TokenKey, st.Cell); err != nil {
		return nil, err
	}
	life, err := st.Election(electionFloor())
	if err != nil {
		return nil, fmt.Errorf("controlplane: election id: %w", err)
	}
	for t, sw := range core.Switches {
		tg, err := newTarget(cfg, t, sw, life)
		if err != nil {
			return nil, err
		}
		c.targets = append(c.targets, tg)
	}
	c.metrics = newMetrics(c.Status)
	c.snapshot()
	return c, nil
}

// Close releases a controller that is not going to Run.
func (c *Controller) Close() error { return errors.Join(c.listener.Close(), c.store.Close()) }

// Run works until ctx is done, which is no error, or the controller cannot go on. It disturbs no session, neither when
// it begins nor when it ends.
func (c *Controller) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := grpc.NewServer(serverOptions()...)
	api.RegisterControllerServer(server, &service{routes: c.routes, status: c.Status, report: c.report})
	served := make(chan error, 1)
	go func() { served <- server.Serve(c.listener) }()

	var held sync.WaitGroup
	for _, t := range c.targets {
		held.Go(func() { c.hold(ctx, t) })
	}
	err := c.loop(ctx, served)
	cancel()
	server.Stop()
	held.Wait()
	c.work.Wait()
	if closeErr := c.store.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("controlplane: close the session store: %w", closeErr))
	}
	return err
}

// Metrics returns the controller's metrics, for a registry of the caller's. They may be collected from any goroutine.
func (c *Controller) Metrics() prometheus.Collector { return c.metrics }

// Status returns the state of the controller as of its last input.
func (c *Controller) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status
}

func (c *Controller) now() time.Duration { return time.Since(c.origin) }

// post hands f to the loop, unless ctx is done first.
func (c *Controller) post(ctx context.Context, f func(now time.Duration)) {
	select {
	case c.inputs <- f:
	case <-ctx.Done():
	}
}

// report hands a replica's report to the core.
func (c *Controller) report(ctx context.Context, group, session uint32, replica int) {
	c.metrics.reports.Inc()
	c.post(ctx, func(now time.Duration) { c.core.Report(now, group, session, replica) })
}

// loop is the only goroutine that touches the core.
func (c *Controller) loop(ctx context.Context, served <-chan error) error {
	c.core.Start(c.now())
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("controlplane: gRPC service at %v: %w", c.listener.Addr(), err)
		case f := <-c.inputs:
			f(c.now())
		case <-timer.C:
			c.core.Tick(c.now())
		}
		for _, e := range c.core.Effects() {
			c.carryOut(ctx, e)
		}
		c.core.ClearEffects()
		c.snapshot()
		if err := c.core.Err(); err != nil {
			return err
		}
		if at := c.core.Deadline(); at == monotime.Never {
			timer.Stop()
		} else {
			timer.Reset(at - c.now())
		}
	}
}
