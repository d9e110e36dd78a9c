package main

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/ops"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

func sequencerCommand() *cobra.Command {
	var flags roleFlags
	cmd := &cobra.Command{
		Use:   "sequencer --cluster FILE --index N",
		Short: "Run an end-host sequencer, which the controller programs through P4Runtime",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runSequencer(cmd.Context(), flags) },
	}
	flags.register(cmd, "sequencer")
	flags.registerFaults(cmd)
	return cmd
}

func runSequencer(ctx context.Context, flags roleFlags) error {
	f, err := flags.load("sequencers", func(f *cluster.File) (int, error) { return len(f.Sequencers), nil })
	if err != nil {
		return err
	}
	self, r := f.Sequencers[flags.index], newRole("sequencer", flags.index)
	if self.Kind != cluster.KindUDP {
		return cli.Usagef("--index is %d, which is switch %s of kind %s: it runs by itself, and the controller programs it", flags.index, self.Name, self.Kind)
	}
	sequencer, err := udp.Listen(udp.SequencerConfig{
		DeviceID: self.DeviceID, Data: self.Data.String(), P4Runtime: self.P4Runtime.String(), MTU: f.MTU, Logger: r.log,
	})
	if err != nil {
		return r.fail(err)
	}
	config := ops.Config{
		Name: r.name, Version: cli.Version, Address: self.HTTP,
		Status:  func(s *status.Role) { sequencerStatus(sequencer, s) },
		Healthy: func() error { return sequencerHealth(sequencer.Server.Stats()) },
	}
	if flags.faultInjection {
		config.Drop = transport.SetDrop
	}
	http, err := ops.Listen(config)
	if err != nil {
		return r.fail(errors.Join(err, sequencer.Close()))
	}
	return r.run(ctx, sequencer.Run, http.Serve)
}

// sequencerStatus fills in the sequencer's part of its status.
func sequencerStatus(s *udp.Sequencer, to *status.Role) {
	stats := s.Plane.Stats()
	to.Sequencer = &status.Sequencer{}
	for _, g := range stats.Groups {
		to.Sequencer.Groups = append(to.Sequencer.Groups, status.SequencedGroup{
			Group:   netip.AddrFrom4(oumlib.GroupAddress(g.Group)).String(),
			Session: g.Entry, Number: g.Number,
		})
	}
	to.AddCounters("sequencer", stats)
	for _, reason := range udp.Reasons() {
		to.AddCounter("sequencer_dropped_"+strings.ReplaceAll(reason.String(), "-", "_"), stats.Drops[reason])
	}
	to.AddCounters("p4runtime", s.Server.Stats())
	to.AddCounters("transport", s.Socket.Stats())
}
