package main

import (
	"context"
	"errors"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/ops"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/kv/resp"
	"github.com/netordered/nopaxos/transport"
)

func kvCommand() *cobra.Command {
	var flags roleFlags
	cmd := &cobra.Command{
		Use:   "kv --cluster FILE --index N",
		Short: "Run a front-end that serves the key-value store to Redis clients",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runKV(cmd.Context(), flags) },
	}
	flags.register(cmd, "front-end")
	flags.registerFaults(cmd)
	return cmd
}

func runKV(ctx context.Context, flags roleFlags) error {
	f, err := flags.load("kv", func(f *cluster.File) (int, error) { return len(f.KV), nil })
	if err != nil {
		return err
	}
	self, r := f.KV[flags.index], newRole("kv", flags.index)
	config, err := client.FromFile(f, self.Group)
	if err != nil {
		return err
	}
	password, err := f.Password(flags.index)
	if err != nil {
		return err
	}
	encryption, err := f.TLS(flags.index)
	if err != nil {
		return err
	}
	config.Logger = r.log
	group, err := client.New(config)
	if err != nil {
		return r.fail(err)
	}
	defer group.Close()
	server, err := resp.NewServer(resp.Config{
		Addr: self.RESP.String(), Invoker: group, MaxOp: group.MaxOp(), Logger: r.log, Version: cli.Version,
		Password: password, TLS: encryption, FrontEnd: self.FrontEnd,
		Replication: func() []resp.Field { return replicationFields(self.Group, group.Stats()) },
	})
	if err != nil {
		return r.fail(err)
	}
	page := ops.Config{
		Name: r.name, Version: cli.Version, Address: self.HTTP,
		Status: func(s *status.Role) {
			s.KV = &status.KV{Group: self.Group, RESP: self.RESP.String(), Connections: server.Connections()}
			s.AddCounters("client", group.Stats())
		},
		Healthy: (&frontEndHealth{group: group}).check,
	}
	if flags.faultInjection {
		page.Drop = transport.SetDrop
	}
	http, err := ops.Listen(page)
	if err != nil {
		return r.fail(errors.Join(err, server.Close()))
	}
	return r.run(ctx,
		func(ctx context.Context) error {
			defer context.AfterFunc(ctx, func() { _ = server.Close() })()
			return server.Serve()
		},
		http.Serve,
	)
}

// replicationFields is INFO's section on replication.
func replicationFields(group string, s client.Stats) []resp.Field {
	return []resp.Field{
		{Name: "nopaxos_group", Value: group},
		{Name: "nopaxos_leader_num", Value: strconv.FormatUint(s.View.Leader, 10)},
		{Name: "nopaxos_session", Value: strconv.FormatUint(uint64(s.View.Session), 10)},
		{Name: "nopaxos_retransmissions", Value: strconv.FormatUint(s.Retransmissions, 10)},
	}
}
