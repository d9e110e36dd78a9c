package bmv2

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/p4src"
)

// Config configures a switch.
type Config struct {
	// Binary is the path of simple_switch_grpc; empty: look it up on the PATH.
	Binary string
	// DeviceID is the P4Runtime device id.
	DeviceID uint64
	// P4Runtime is the listen address of the P4Runtime server: host:port, or unix:PATH.
	P4Runtime string
	// Ports are the switch's interfaces. They must exist before it starts.
	Ports []Port
	// Node is the network that the switch runs in; nil: that of this process.
	Node Node

	// MulticastGroups and MulticastCopies size the packet replication engine; 0: the switch's default.
	// Switches older than these options fail to start with them.
	MulticastGroups int
	MulticastCopies int

	// LogFile is the switch's log file; empty: no log.
	LogFile string
	// LogLevel is trace, debug, info, warn, error or off; empty: info. A switch that was built without
	// logging macros, as for measurements, has no trace and debug messages.
	LogLevel string
	// Output receives the switch's standard output and error; nil: discard.
	Output io.Writer
}

// Port is an interface of a switch.
type Port struct {
	Number    uint16 // 0 to maxPort
	Interface string
}

// maxPort is the highest port number of an interface. The CPU port and v1model's drop port follow.
const maxPort = p4src.CPUPort - 1

// ParsePort parses NUMBER@INTERFACE, the syntax of simple_switch_grpc.
func ParsePort(s string) (Port, error) {
	number, name, ok := strings.Cut(s, "@")
	n, err := strconv.ParseUint(number, 10, 16)
	if !ok || err != nil || n > maxPort || name == "" {
		return Port{}, fmt.Errorf("is %q, expected NUMBER@INTERFACE with a number from 0 to %d", s, maxPort)
	}
	return Port{Number: uint16(n), Interface: name}, nil
}

// String is the inverse of ParsePort.
func (p Port) String() string { return fmt.Sprintf("%d@%s", p.Number, p.Interface) }

var logLevels = []string{"trace", "debug", "info", "warn", "error", "off"}

// ErrConfig reports an invalid Config.
var ErrConfig = errors.New("wrong configuration")

// check rejects values that the switch would misunderstand, or fail on without a usable message.
func (c Config) check() error {
	if err := c.problem(); err != nil {
		return fmt.Errorf("bmv2: %w: %w", ErrConfig, err)
	}
	return nil
}

func (c Config) problem() error {
	if c.P4Runtime == "" {
		return errors.New("the P4Runtime address is empty, expected host:port or unix:PATH")
	}
	if !strings.HasPrefix(c.P4Runtime, "unix:") {
		if _, _, err := net.SplitHostPort(c.P4Runtime); err != nil {
			return fmt.Errorf("the P4Runtime address is %q, expected host:port or unix:PATH: %w", c.P4Runtime, err)
		}
	}
	numbers, names := map[uint16]bool{}, map[string]bool{}
	for _, p := range c.Ports {
		switch {
		case p.Number > maxPort:
			return fmt.Errorf("port %v has number %d, expected at most %d", p, p.Number, maxPort)
		case numbers[p.Number]:
			return fmt.Errorf("port number %d appears twice, expected each once", p.Number)
		case names[p.Interface]:
			return fmt.Errorf("interface %s appears twice, expected each once", p.Interface)
		}
		numbers[p.Number], names[p.Interface] = true, true
	}
	if c.MulticastGroups < 0 || c.MulticastCopies < 0 {
		return fmt.Errorf("the limits are %d multicast groups and %d copies, expected 0 or more",
			c.MulticastGroups, c.MulticastCopies)
	}
	if !slices.Contains(logLevels, c.logLevel()) {
		return fmt.Errorf("the log level is %q, expected one of %s", c.LogLevel, strings.Join(logLevels, ", "))
	}
	return nil
}

func (c Config) logLevel() string { return cmp.Or(c.LogLevel, "info") }

// args returns the arguments of simple_switch_grpc. Those after "--" are specific to it; it shares the
// others with every BMv2 target.
func (c Config) args() []string {
	args := []string{"--no-p4", "--device-id", strconv.FormatUint(c.DeviceID, 10)}
	for _, p := range c.Ports {
		args = append(args, "-i", p.String())
	}
	if c.LogFile != "" {
		args = append(args, "--log-file", c.LogFile, "--log-flush")
	}
	args = append(args, "--log-level", c.logLevel(),
		"--", "--grpc-server-addr", c.P4Runtime, "--cpu-port", strconv.Itoa(p4src.CPUPort))
	if c.MulticastGroups > 0 {
		args = append(args, "--max-mc-groups", strconv.Itoa(c.MulticastGroups))
	}
	if c.MulticastCopies > 0 {
		// Each copy is one node of the engine (L1) with one port (L2).
		n := strconv.Itoa(c.MulticastCopies)
		args = append(args, "--max-l1-entries", n, "--max-l2-entries", n)
	}
	return args
}
