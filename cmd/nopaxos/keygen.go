package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
)

func keygenCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a cluster key in a new file that only its owner can read",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := cluster.WriteKey(args[0]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "wrote a %d-byte key to %s; every machine of the cluster needs a copy\n", cluster.KeyLen, args[0])
			return nil
		},
	}
}
