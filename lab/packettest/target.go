package packettest

import (
	"net/netip"
	"strings"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// Ports is the number of ports that a target has: 1 to Ports.
const Ports = 4

// Target is a data plane on a bench: its P4Runtime server, and somebody at each of its ports.
//
// What goes in at one port is handled in order, and what comes out of one port keeps that order: the
// suite tells "nothing came out" by a packet that it sends behind. Queues are deep enough for the
// handful of packets of one step.
type Target interface {
	// P4Runtime returns a client of the target's P4Runtime server, and the device id.
	P4Runtime() (client p4v1.P4RuntimeClient, deviceID uint64)
	// DeviceConfig is the compiled program that goes with the p4info.
	DeviceConfig() []byte
	// Host tells how to address whoever is at a port.
	Host(port int) Host

	// Lacks returns why the target does not have some of the features, "" if it has them all.
	Lacks(Features) (reason string)
	// Preload makes the message numbers of session in a cell go on behind number. It is called
	// before the pipeline is pushed and only on a target that has the feature [Preload].
	Preload(cell uint16, session uint32, number uint64) error

	// Inject puts a frame on the wire at a port.
	Inject(port int, frame []byte) error
	// Receive returns the next frame that came out of a port, or an error after the deadline.
	Receive(port int, deadline time.Time) ([]byte, error)
	// Visible returns a frame as Receive would: a target without the feature [Frames] shows nothing
	// of the headers but where a datagram went.
	Visible(frame []byte) []byte
	// Counted is the length of a frame, in bytes, as the direct counter counts it.
	Counted(frame []byte) int
}

// Host is who is at a port of a target.
type Host struct {
	Port    int            // of the target
	MAC     MAC            // of the host
	Gateway MAC            // of the target, at this port
	Addr    netip.AddrPort // of the host: where a replica or a client listens
	Router  netip.Addr     // the target's own address, at this port
}

// Features is a set of what not every data plane has.
type Features uint8

const (
	// Frames: frames go in and come out as they are, headers and all.
	Frames Features = 1 << iota
	// Routes: ordinary IPv4 traffic is forwarded, ARP for the gateways is answered.
	Routes
	// Fabric: there are ports to other switches, and so to_sequencer, replicate and relay.
	Fabric
	// Preload: message numbers can be made to start high.
	Preload
)

var featureNames = []string{"frames", "routes", "fabric", "preload"}

// String lists the features.
func (f Features) String() string {
	var names []string
	for i, name := range featureNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// DefaultHost is the host at a port of a target that shows frames: 10.0.p.2 with gateway 10.0.p.1.
func DefaultHost(port int) Host {
	p := byte(port)
	return Host{
		Port:    port,
		MAC:     MAC{0x02, 0, 0, 0, 0, p},
		Gateway: MAC{0x02, 0, 0, 0, 1, p},
		Addr:    netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, p, 2}), 9100+uint16(p)),
		Router:  netip.AddrFrom4([4]byte{10, 0, p, 1}),
	}
}
