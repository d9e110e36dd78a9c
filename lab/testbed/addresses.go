package testbed

import "net/netip"

// Host number i has 10.1.i.2, behind its gateway 10.1.i.1. Cable number i between routers has 10.2.i.1 and
// 10.2.i.2. In the management network, 10.255.0.0/16, the controller has 10.255.0.1, switch number i has
// 10.255.1.i, and host number i has 10.255.2.i. Hosts and switches count from 1, cables from 0.

var (
	management             = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 255, 0, 0}), 16)
	controllerOnManagement = netip.AddrFrom4([4]byte{10, 255, 0, 1})
)

func hostAddress(n int) netip.Addr        { return netip.AddrFrom4([4]byte{10, 1, byte(n), 2}) }
func gatewayAddress(n int) netip.Addr     { return netip.AddrFrom4([4]byte{10, 1, byte(n), 1}) }
func switchOnManagement(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 255, 1, byte(n)}) }
func hostOnManagement(n int) netip.Addr   { return netip.AddrFrom4([4]byte{10, 255, 2, byte(n)}) }

// subnet returns the network of one host and its gateway.
func subnet(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 24) }

// linkAddress returns the address of an end, 1 or 2, of a cable between routers.
func linkAddress(cable int, end byte) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 2, byte(cable), end}), 30)
}
