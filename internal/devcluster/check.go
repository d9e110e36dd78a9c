package devcluster

import (
	"fmt"

	"github.com/netordered/nopaxos/replica/wire"
)

// ConfigError reports a wrong setting of a configuration.
type ConfigError struct {
	Name     string // of the setting, as the command line calls it
	Value    any
	Expected string
}

// Error returns "name is value, expected …".
func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s is %v, expected %s", e.Name, e.Value, e.Expected)
}

// maxSequencers keeps a mistyped number from starting a thousand processes.
const maxSequencers = 16

// Check returns a *ConfigError if a setting is wrong. Defaults must be filled in.
func (c Config) Check() error {
	switch {
	case c.Replicas < 1 || c.Replicas%2 == 0 || c.Replicas > wire.MaxReplicas:
		return &ConfigError{"replicas", c.Replicas, fmt.Sprintf("an odd number from 1 to %d: 2f+1 survive f failures", wire.MaxReplicas)}
	case c.Sequencers < 1 || c.Sequencers > maxSequencers:
		return &ConfigError{"sequencers", c.Sequencers, fmt.Sprintf("1 to %d", maxSequencers)}
	}
	return nil
}
