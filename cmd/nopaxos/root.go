package main

import (
	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/internal/cli"
)

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "nopaxos",
		Short: "State machine replication ordered by the network",
		Long: "nopaxos replicates a service over NOPaxos: a sequencer in the network orders requests, and replicas\n" +
			"only repair losses. `nopaxos dev` runs a whole cluster on this machine.",
	}
	group := func(id, title string, commands ...*cobra.Command) {
		root.AddGroup(&cobra.Group{ID: id, Title: title})
		for _, c := range commands {
			c.GroupID = id
		}
		root.AddCommand(commands...)
	}
	group("roles", "Roles of a cluster:", controllerCommand(), sequencerCommand(), replicaCommand(), kvCommand(), bmv2Command())
	group("operate", "Set up and operate a cluster:", keygenCommand(), bootstrapCommand(), statusCommand(), rollCommand(), clientCommand())
	group("try", "Try it:", devCommand())
	root.AddCommand(cli.VersionCommand())
	return root
}
