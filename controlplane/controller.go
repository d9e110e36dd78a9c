package controlplane

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/p4src"
)

// Controller runs a Core: it carries out the core's effects over P4Runtime and the store, and
// tells the core what came of them.
type Controller struct {
	cfg      Config
	log      *slog.Logger
	store    Store
	listener net.Listener
	plan     *plan
	targets  []*targetLink
	routes   *routes
	metrics  *metrics

	inputs   chan func(now time.Duration) // run by the loop, one after another
	origin   time.Time
	probeKey []byte         // of this life's probes
	core     *Core          // owned by the loop
	work     sync.WaitGroup // effects under way

	mu     sync.Mutex
	status Status
}

// New opens the store and the gRPC address and checks the configuration. The caller must call
// Run, or Close.
func New(cfg Config) (*Controller, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	store, err := OpenStore(cfg.StorePath, p4src.MaxGroups)
	if err != nil {
		return nil, err
	}
	c, err := newController(cfg, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	if c.listener, err = net.Listen("tcp", cfg.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("controlplane: %w", err), store.Close())
	}
	return c, nil
}

func newController(cfg Config, store Store) (*Controller, error) {
	c := &Controller{
		cfg:      cfg,
		log:      cfg.Logger,
		store:    store,
		routes:   newRoutes(cfg.Groups),
		inputs:   make(chan func(time.Duration), 64),
		origin:   time.Now(),
		probeKey: newProbeKey(),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	targets, switches := cfg.targets()
	core := CoreConfig{Targets: len(cfg.Sequencers), Topology: cfg.Topology, Switches: switches, Timing: cfg.Timing}
	for _, g := range cfg.Groups {
		last, err := store.Last(g.Number)
		if err != nil {
			return nil, err
		}
		group := CoreGroup{Number: g.Number, F: g.F, Replicas: len(g.Replicas), Last: last}
		for _, r := range g.Replicas {
			group.Members = append(group.Members, r.Addr.Addr())
		}
		core.Groups = append(core.Groups, group)
	}
	var err error
	if c.core, err = NewCore(core); err != nil {
		return nil, err
	}
	if c.plan, err = compile(cfg.Topology, cfg.Groups, cfg.TokenKey, store.Index); err != nil {
		return nil, err
	}
	election, err := store.Election(electionFloor())
	if err != nil {
		return nil, fmt.Errorf("controlplane: election id: %w", err)
	}
	for i, s := range targets {
		pipeline, err := newPipeline(s.DeviceConfig)
		if err != nil {
			return nil, err
		}
		c.targets = append(c.targets, &targetLink{number: i, cfg: s, election: election, pipeline: pipeline})
	}
	c.metrics = newMetrics(c)
	c.snapshot()
	return c, nil
}

// Addr is the address of the gRPC service.
func (c *Controller) Addr() net.Addr { return c.listener.Addr() }

// Close releases a controller that is not going to Run.
func (c *Controller) Close() error { return errors.Join(c.listener.Close(), c.store.Close()) }

// Run works until ctx is done, which is no error, or the controller cannot go on. It disturbs no
// session, neither when it begins nor when it ends.
func (c *Controller) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := grpc.NewServer(serverOptions()...)
	api.RegisterControllerServer(server, &service{c: c, ctx: ctx})
	served := make(chan error, 1)
	go func() { served <- server.Serve(c.listener) }()

	var links sync.WaitGroup
	for _, l := range c.targets {
		links.Go(func() { c.hold(ctx, l) })
	}
	err := c.loop(ctx, served)
	cancel()
	server.Stop()
	links.Wait()
	c.work.Wait()
	if closeErr := c.store.Close(); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("controlplane: close the session store: %w", closeErr))
	}
	return err
}

func (c *Controller) now() time.Duration { return time.Since(c.origin) }

// post hands f to the loop; it is dropped when the controller is ending.
func (c *Controller) post(ctx context.Context, f func(now time.Duration)) {
	select {
	case c.inputs <- f:
	case <-ctx.Done():
	}
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
