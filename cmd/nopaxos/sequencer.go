package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/ops"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/sequencer"
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
		return usagef("--index is %d, which is switch %s of kind %s: it runs by itself, and the controller programs it", flags.index, self.Name, self.Kind)
	}
	data, err := transport.ListenUDP(transport.UDPConfig{Addr: self.Data.String(), MTU: f.MTU})
	if err != nil {
		return r.fail(err)
	}
	defer data.Close()
	plane, err := udp.New(udp.Config{Network: data, Post: data.Post})
	if err != nil {
		return r.fail(err)
	}
	server, err := sequencer.NewServer(sequencer.Config{DeviceID: self.DeviceID, Logger: r.log, DataPlane: plane})
	if err != nil {
		return r.fail(err)
	}
	p4runtime, err := net.Listen("tcp", self.P4Runtime.String())
	if err != nil {
		return r.fail(err)
	}
	config := ops.Config{
		Name: r.name, Version: version, Address: self.HTTP,
		Status:  func(s *status.Role) { sequencerStatus(server, plane, data, s) },
		Healthy: func() error { return sequencerHealth(server.Stats()) },
	}
	if flags.faultInjection {
		config.Drop = data.SetDrop
	}
	http, err := ops.Listen(config)
	if err != nil {
		return r.fail(errors.Join(err, p4runtime.Close()))
	}
	return r.run(ctx,
		func(ctx context.Context) error { return data.Run(ctx, plane) },
		func(ctx context.Context) error {
			defer context.AfterFunc(ctx, server.Stop)()
			return server.Serve(p4runtime)
		},
		http.Serve,
	)
}

// sequencerStatus fills in the sequencer's part of its status.
func sequencerStatus(server *sequencer.Server, plane *udp.DataPlane, data *transport.UDP, to *status.Role) {
	stats := plane.Stats()
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
	to.AddCounters("p4runtime", server.Stats())
	to.AddCounters("transport", data.Stats())
}
