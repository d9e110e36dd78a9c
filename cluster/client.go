package cluster

import (
	"fmt"

	"github.com/netordered/nopaxos/client"
)

// ClientConfig returns what client.New needs to call the group of that name. It reads the clients' key.
// The name may be empty if there is one group only.
func (f *File) ClientConfig(group string) (client.Config, error) {
	g, err := f.PickGroup(group)
	if err != nil {
		return client.Config{}, err
	}
	auth, err := f.ClientAuth()
	if err != nil {
		return client.Config{}, err
	}
	config := client.Config{Group: g.Number(), Replicas: len(g.Replicas), Auth: auth, MTU: f.MTU}
	for _, c := range f.Controllers {
		config.Controllers = append(config.Controllers, c.Address.String())
	}
	return config, nil
}

// PickGroup returns the group of that name, or the only one if the name is empty.
func (f *File) PickGroup(name string) (*Group, error) {
	if name == "" && len(f.Groups) == 1 {
		return &f.Groups[0], nil
	}
	if g, ok := f.Group(name); ok {
		return g, nil
	}
	names := make([]string, len(f.Groups))
	for i, g := range f.Groups {
		names[i] = g.Name
	}
	return nil, f.errorAt("groups", fmt.Sprintf("have no %q", name), fmt.Sprintf("one of the names %q", names))
}
