package client

import "github.com/netordered/nopaxos/cluster"

// FromFile returns the configuration of a client of a group in the cluster file. The name may be empty if there is only one
// group. FromFile reads the clients' key from the client_key_file of the cluster file, or else derives it from the cluster key.
// It reports a bad name or key file as a [cluster.Error].
func FromFile(f *cluster.File, group string) (Config, error) {
	g, err := f.PickGroup(group)
	if err != nil {
		return Config{}, err
	}
	auth, err := f.ClientAuth()
	if err != nil {
		return Config{}, err
	}
	config := Config{Group: g.Number(), Replicas: len(g.Replicas), Auth: auth, MTU: f.MTU, Client: f.Clients}
	for _, c := range f.Controllers {
		config.Controllers = append(config.Controllers, c.Address.String())
	}
	return config, nil
}
