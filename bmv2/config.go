package bmv2

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/netordered/nopaxos/p4src"
)

// Config is what a switch is started with.
type Config struct {
	// Binary is the path of simple_switch_grpc; empty: it is looked for on the PATH.
	Binary string
	// DeviceID is the switch's P4Runtime device id.
	DeviceID uint64
	// P4Runtime is where its P4Runtime server listens: host:port, or unix:PATH.
	P4Runtime string
	// Ports are its interfaces. They exist before it starts.
	Ports []Port
	// Node is where it runs; nil: in the network of this process.
	Node Node

	// MulticastGroups and MulticastCopies bound what the packet replication engine holds; 0: what the
	// switch does by itself. Switches older than these options refuse to start with them.
	MulticastGroups int
	MulticastCopies int

	// LogFile is where the switch writes its log; empty: it writes none.
	LogFile string
	// LogLevel is trace, debug, info, warn, error or off; empty: info. A switch that was built without
	// its logging macros, as one that is measured should be, has no trace and debug messages.
	LogLevel string
	// Output takes what the switch writes to its standard output and error; nil: nobody.
	Output io.Writer
}

// Port is an interface of a switch.
type Port struct {
	Number    uint16 // 0 to MaxPort
	Interface string
}

// MaxPort is the highest number of an interface: behind it are the controller's port and the one that
// stands for "drop" in v1model.
const maxPort = p4src.CPUPort - 1

// ParsePort reads NUMBER@INTERFACE, as simple_switch_grpc writes it.
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

// ErrConfig says that a Config asks for what no switch can be.
var ErrConfig = errors.New("wrong configuration")

// check refuses what the switch would misunderstand, or fail at without saying what is wrong.
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
			return fmt.Errorf("port number %d is given twice, expected each once", p.Number)
		case names[p.Interface]:
			return fmt.Errorf("interface %s is given twice, expected each once", p.Interface)
		}
		numbers[p.Number], names[p.Interface] = true, true
	}
	if c.MulticastGroups < 0 || c.MulticastCopies < 0 {
		return fmt.Errorf("the limits are %d multicast groups and %d copies, expected none below 0",
			c.MulticastGroups, c.MulticastCopies)
	}
	for _, level := range logLevels {
		if c.LogLevel == level || c.LogLevel == "" {
			return nil
		}
	}
	return fmt.Errorf("the log level is %q, expected one of %s", c.LogLevel, strings.Join(logLevels, ", "))
}

// args are the arguments of simple_switch_grpc. Those behind "--" are its own; the others it shares
// with every BMv2 target.
func (c Config) args() []string {
	args := []string{"--no-p4", "--device-id", strconv.FormatUint(c.DeviceID, 10)}
	for _, p := range c.Ports {
		args = append(args, "-i", p.String())
	}
	level := c.LogLevel
	if level == "" {
		level = "info"
	}
	if c.LogFile != "" {
		args = append(args, "--log-file", c.LogFile, "--log-flush")
	}
	args = append(args, "--log-level", level,
		"--", "--grpc-server-addr", c.P4Runtime, "--cpu-port", strconv.Itoa(p4src.CPUPort))
	if c.MulticastGroups > 0 {
		args = append(args, "--max-mc-groups", strconv.Itoa(c.MulticastGroups))
	}
	if c.MulticastCopies > 0 {
		// Each copy is a node of the engine (L1) with one port of its own (L2).
		n := strconv.Itoa(c.MulticastCopies)
		args = append(args, "--max-l1-entries", n, "--max-l2-entries", n)
	}
	return args
}
