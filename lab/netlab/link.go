//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"time"

	"github.com/vishvananda/netlink"
)

// Port is a network interface of a node: an existing one, or one for Link to create.
type Port struct {
	Node *Node
	Name string // of the interface, at most 15 characters

	// Settings of an interface that Link creates.
	Address netip.Prefix     // the zero value: none
	MAC     net.HardwareAddr // nil: the kernel picks one
	MTU     int              // in bytes, without the Ethernet header; 0: 1500
	// Raw is for ports at which a program sends or receives whole frames: the kernel then completes
	// checksums before it passes a frame on, and does not merge packets.
	Raw bool
}

// Port returns an interface of the node by its name.
func (n *Node) Port(name string) Port { return Port{Node: n, Name: name} }

func (p Port) String() string { return p.Node.name + "/" + p.Name }

// defaultMTU is Ethernet's.
const defaultMTU = 1500

// Link connects two nodes by a cable: a pair of virtual Ethernet interfaces, both up.
func (l *Lab) Link(a, b Port) error {
	if err := linkPorts(a, b); err != nil {
		return fmt.Errorf("link %v - %v: %w", a, b, err)
	}
	return nil
}

func linkPorts(a, b Port) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = a.Name
	veth := &netlink.Veth{LinkAttrs: attributes, PeerName: b.Name, PeerNamespace: netlink.NsFd(b.Node.ns)}
	if err := a.Node.netlink.LinkAdd(veth); err != nil {
		return err
	}
	if err := errors.Join(a.configure(), b.configure()); err != nil {
		return err
	}
	return errors.Join(a.waitCarrier(), b.waitCarrier())
}

// carrierPatience bounds the time until both ends of a new cable have a carrier.
const carrierPatience = 10 * time.Second

// waitCarrier waits until the interface can send. The end that was set up first gets its carrier with the
// second; until the kernel has processed that event, it drops packets.
func (p Port) waitCarrier() error {
	for deadline := time.Now().Add(carrierPatience); ; time.Sleep(time.Millisecond) {
		link, err := p.link()
		if err != nil {
			return err
		}
		state := link.Attrs().OperState
		if state == netlink.OperUp {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%v is %v after %v, expected %v", p, state, carrierPatience, netlink.LinkOperState(netlink.OperUp))
		}
	}
}

// configure applies the settings to a new interface.
func (p Port) configure() error {
	link, err := p.link()
	if err != nil {
		return err
	}
	h := p.Node.netlink
	if p.MAC != nil {
		if err := h.LinkSetHardwareAddr(link, p.MAC); err != nil {
			return fmt.Errorf("address %v of %v: %w", p.MAC, p, err)
		}
	}
	mtu := p.MTU
	if mtu == 0 {
		mtu = defaultMTU
	}
	if err := h.LinkSetMTU(link, mtu); err != nil {
		return fmt.Errorf("MTU %d of %v: %w", mtu, p, err)
	}
	if p.Raw {
		if err := p.disableOffload(); err != nil {
			return err
		}
	}
	if p.Address.IsValid() {
		if err := h.AddrAdd(link, &netlink.Addr{IPNet: ipNet(p.Address)}); err != nil {
			return fmt.Errorf("address %v of %v: %w", p.Address, p, err)
		}
	}
	return p.Up()
}

func (p Port) link() (netlink.Link, error) {
	link, err := p.Node.netlink.LinkByName(p.Name)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", p, err)
	}
	return link, nil
}

// Up sets the interface up.
func (p Port) Up() error { return p.set(p.Node.netlink.LinkSetUp) }

// Down sets the interface down. The other end of the cable loses its carrier but keeps its addresses and
// routes; the routes through this interface are lost.
func (p Port) Down() error { return p.set(p.Node.netlink.LinkSetDown) }

func (p Port) set(state func(netlink.Link) error) error {
	link, err := p.link()
	if err != nil {
		return err
	}
	if err := state(link); err != nil {
		return fmt.Errorf("%v: %w", p, err)
	}
	return nil
}

// Bridge connects interfaces of the node by an Ethernet switch that learns addresses.
func (n *Node) Bridge(name string, ports ...string) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := n.netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("bridge %s of node %s: %w", name, n.name, err)
	}
	if err := n.bypassFilters(); err != nil {
		return fmt.Errorf("bridge %s of node %s: %w", name, n.name, err)
	}
	for _, port := range ports {
		if err := n.Join(name, port); err != nil {
			return err
		}
	}
	return n.Port(name).Up()
}

// bypassFilters keeps the filters for IP packets, which a real switch does not have, away from bridged
// frames. Without the kernel's br_netfilter module nothing needs to be set.
func (n *Node) bypassFilters() error {
	for _, filter := range []string{"iptables", "ip6tables", "arptables"} {
		if err := n.sysctl("net/bridge/bridge-nf-call-"+filter, "0"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Join adds an interface of the node to a bridge.
func (n *Node) Join(bridge, port string) error {
	link, err := n.Port(bridge).link()
	if err == nil {
		err = n.Port(port).set(func(member netlink.Link) error { return n.netlink.LinkSetMaster(member, link) })
	}
	if err != nil {
		return fmt.Errorf("bridge %s: %w", bridge, err)
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
