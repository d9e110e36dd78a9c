package packettest

import (
	"net/netip"
	"strings"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
)

// Ports is the number of ports that a target has: 1 to Ports.
const Ports = 4

// Target is a data plane under test: its P4Runtime server, and a host at each of its ports.
//
// Packets that go in at one port must come out of each port in the same order, since the suite detects
// a dropped packet by a later one. Queues must hold the few packets of one step.
type Target interface {
	// P4Runtime returns a client of the target's P4Runtime server, and the device id.
	P4Runtime() (client p4v1.P4RuntimeClient, deviceID uint64)
	// DeviceConfig returns the compiled program for the p4info.
	DeviceConfig() []byte
	// Host returns the host at a port.
	Host(port int) Host

	// Lacks returns the reason why the target lacks some of the features, or "" if it has them all.
	Lacks(Features) (reason string)
	// Preload makes the message numbers of session in a cell continue after number. The suite calls it
	// before it pushes the pipeline, and only on a target with the feature [Preload].
	Preload(cell uint16, session uint32, number uint64) error

	// Inject sends a frame in at a port.
	Inject(port int, frame []byte) error
	// Receive returns the next frame that comes out of a port, or an error after the deadline.
	Receive(port int, deadline time.Time) ([]byte, error)
	// Visible returns a frame as Receive would. A target without the feature [Frames] shows only the
	// destination of a datagram.
	Visible(frame []byte) []byte
	// Counted returns the length of a frame, in bytes, in the direct counter.
	Counted(frame []byte) int
}

// Host is the host at a port of a target.
type Host struct {
	Port    int            // of the target
	MAC     MAC            // of the host
	Gateway MAC            // of the target, at this port
	Addr    netip.AddrPort // of the replica or client on the host
	Router  netip.Addr     // the target's own address at this port
}

// Features is a set of features that not every data plane has.
type Features uint8

const (
	// Frames is the transfer of whole frames, including their headers.
	Frames Features = 1 << iota
	// Routes is the forwarding of ordinary IPv4 traffic and the answer to ARP for the gateways.
	Routes
	// Fabric is the support of ports to other switches, with to_sequencer, replicate and relay.
	Fabric
	// Preload is the support of [Target].Preload.
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

// DefaultHost returns the host at a port of a target with the feature Frames: 10.0.p.2 with gateway
// 10.0.p.1.
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
