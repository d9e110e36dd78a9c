package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
)

func statusCommand() *cobra.Command {
	var file string
	var asJSON bool
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "status --cluster FILE",
		Short: "Show groups, sessions, replicas and everybody else; exit 0 if every group is served",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := cli.LoadCluster(file)
			if err != nil {
				return err
			}
			s := status.Query(cmd.Context(), f, patience)
			return cli.Print(cmd.OutOrStdout(), asJSON, s.OK, s, s.WriteTable)
		},
	}
	cli.ClusterFlag(cmd, &file)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().DurationVar(&patience, "timeout", 2*time.Second, "how long to wait for a role's answer")
	return cmd
}
