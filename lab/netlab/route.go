//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
)

// Route routes packets to a destination through a neighbour, replacing an earlier route. 0.0.0.0/0 is the
// default route.
func (n *Node) Route(destination netip.Prefix, via netip.Addr) error {
	route := &netlink.Route{Dst: ipNet(destination.Masked()), Gw: via.AsSlice()}
	if err := n.netlink.RouteReplace(route); err != nil {
		return fmt.Errorf("route of node %s to %v via %v: %w", n.name, destination, via, err)
	}
	return nil
}

// Router makes the node forward IPv4 packets between its interfaces, even if the reverse path differs.
func (n *Node) Router() error {
	for _, s := range []struct{ name, value string }{
		{"net/ipv4/ip_forward", "1"},
		{"net/ipv4/conf/all/rp_filter", "0"},
		{"net/ipv4/conf/default/rp_filter", "0"},
	} {
		if err := n.sysctl(s.name, s.value); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("router %s: %w", n.name, err)
		}
	}
	return nil
}
