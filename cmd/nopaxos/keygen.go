package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
)

func keygenCommand() *cobra.Command {
	var clientOf string
	cmd := &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a cluster key, or the client key of one, in a new file that only its owner can read",
		Long: "Make a random cluster key in a new file. Controllers and replicas need it: who has it can speak as any\n" +
			"of them. With --client-of, write the client key that follows from a cluster key instead. It is all that\n" +
			"front-ends and clients need (client_key_file in the cluster file), and neither session tokens nor\n" +
			"messages of replicas can be made with it.",
		Example: "  nopaxos keygen cluster.key\n" +
			"  nopaxos keygen --client-of cluster.key client.key",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			if clientOf == "" {
				if err := cluster.WriteKey(args[0]); err != nil {
					return err
				}
				fmt.Fprintf(out, "wrote a %d-byte cluster key to %s; every controller and replica needs a copy\n", cluster.KeyLen, args[0])
				return nil
			}
			key, err := cluster.ReadKey(clientOf)
			if err != nil {
				return err
			}
			if err := cluster.WriteClientKey(args[0], key); err != nil {
				return err
			}
			fmt.Fprintf(out, "wrote the client key of %s to %s; every front-end and client needs a copy\n", clientOf, args[0])
			return nil
		},
	}
	cmd.Flags().StringVar(&clientOf, "client-of", "", "write the client key of this cluster key `file`")
	return cmd
}
