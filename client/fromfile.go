package client

import "github.com/netordered/nopaxos/cluster"

// FromFile returns the configuration of a client of the group of that name in the cluster file. The name
// may be empty if there is one group only. It reads the clients' key from the file that
// client_key_file names, else derives it from the cluster key; what is wrong with either, or with
// the name, is a [cluster.Error].
func FromFile(f *cluster.File, group string) (Config, error) {
	g, err := f.PickGroup(group)
	if err != nil {
		return Config{}, err
	}
	auth, err := f.ClientAuth()
	if err != nil {
		return Config{}, err
	}
	config := Config{Group: g.Number(), Replicas: len(g.Replicas), Auth: auth, MTU: f.MTU}
	for _, c := range f.Controllers {
		config.Controllers = append(config.Controllers, c.Address.String())
	}
	return config, nil
}
