package cli

import (
	"errors"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/devcluster"
)

// ClusterFlag adds --cluster, the path of a cluster file.
func ClusterFlag(cmd *cobra.Command, path *string) {
	cmd.Flags().StringVar(path, "cluster", "", "the cluster `file`")
}

// LoadCluster reads the cluster file of --cluster.
func LoadCluster(path string) (*cluster.File, error) {
	if path == "" {
		return nil, Usagef("--cluster is not set, expected a cluster file")
	}
	return cluster.Load(path)
}

// DevFlags are the flags that describe a development cluster.
type DevFlags struct {
	Config devcluster.Config
	resp   string
}

// Register adds the flags to cmd.
func (f *DevFlags) Register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Config.Dir, "dir", "", "`directory` for the cluster file, logs and process ids (default: a fresh one in the user's cache, removed at the end)")
	flags.StringVar(&f.resp, "resp", devcluster.DefaultRESP.String(), "`address` that Redis clients connect to")
	flags.IntVar(&f.Config.Replicas, "replicas", 3, "number of replicas, 2f+1")
	flags.IntVar(&f.Config.Sequencers, "sequencers", 2, "number of sequencers: one is active, the others stand by")
}

// Parse checks the flags and completes Config.
func (f *DevFlags) Parse() error {
	a, err := netip.ParseAddrPort(f.resp)
	if err != nil || a.Port() == 0 {
		return Usagef("--resp is %q, expected an IP address and port like %s", f.resp, devcluster.DefaultRESP)
	}
	f.Config.RESP = a
	return FlagError(f.Config.Check())
}

// FlagError turns an error about a field of a development cluster's configuration into one about its flag.
func FlagError(err error) error {
	var wrong *devcluster.ConfigError
	if errors.As(err, &wrong) {
		return Usagef("--%w", wrong)
	}
	return err
}
