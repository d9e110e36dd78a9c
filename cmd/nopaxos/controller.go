package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/ops"
	"github.com/netordered/nopaxos/internal/status"
)

func controllerCommand() *cobra.Command {
	var flags roleFlags
	cmd := &cobra.Command{
		Use:   "controller --cluster FILE",
		Short: "Run the controller: sessions, sequencers and their failover",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runController(cmd.Context(), flags) },
	}
	flags.register(cmd, "controller")
	cmd.AddCommand(pushCommand(), packCommand())
	return cmd
}

// sessionStore is the file in the controller's directory that holds the durable session numbers.
const sessionStore = "sessions.db"

func runController(ctx context.Context, flags roleFlags) error {
	f, err := flags.load("controllers", func(f *cluster.File) (int, error) { return len(f.Controllers), nil })
	if err != nil {
		return err
	}
	config, err := controllerConfig(f)
	if err != nil {
		return err
	}
	self, r := f.Controllers[flags.index], newRole("controller", flags.index)
	config.Logger = r.log
	if err := os.MkdirAll(filepath.Dir(config.StorePath), 0o700); err != nil {
		return r.fail(err)
	}
	c, err := controlplane.New(config)
	if err != nil {
		return r.fail(err)
	}
	http, err := ops.Listen(ops.Config{
		Name: r.name, Version: cli.Version, Address: self.HTTP,
		Status:  func(s *status.Role) { controllerStatus(c.Status(), s) },
		Metrics: c.Metrics(),
		Healthy: func() error { return controllerHealth(c.Status()) },
	})
	if err != nil {
		return r.fail(errors.Join(err, c.Close()))
	}
	return r.run(ctx, c.Run, http.Serve)
}

// controllerStatus fills in the controller's part of its status.
func controllerStatus(from controlplane.Status, to *status.Role) {
	to.Controller = &status.Controller{}
	for _, g := range from.Groups {
		to.Controller.Groups = append(to.Controller.Groups, status.ControlledGroup{
			Name: g.State.Name, Session: g.State.Session, Sequencer: g.State.Sequencer, Phase: g.Phase, Failovers: g.Failovers,
		})
	}
	for _, t := range from.Targets {
		to.Controller.Targets = append(to.Controller.Targets, status.Target{
			Name: t.Name, State: t.State, LastError: t.LastError, Connections: t.Connections,
		})
	}
}
