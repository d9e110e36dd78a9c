package testbed

import "net/netip"

// Addresses: host number i is 10.1.i.2 behind its gateway 10.1.i.1, a router's cable number i has 10.2.i.1
// and 10.2.i.2, and the management network is 10.255.0.0/16 with the controller at 10.255.0.1, switch
// number i at 10.255.1.i and host number i at 10.255.2.i; numbers begin at 1, those of cables at 0.

var (
	management             = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 255, 0, 0}), 16)
	controllerOnManagement = netip.AddrFrom4([4]byte{10, 255, 0, 1})
)

func hostAddress(n int) netip.Addr        { return netip.AddrFrom4([4]byte{10, 1, byte(n), 2}) }
func gatewayAddress(n int) netip.Addr     { return netip.AddrFrom4([4]byte{10, 1, byte(n), 1}) }
func switchOnManagement(n int) netip.Addr { return netip.AddrFrom4([4]byte{10, 255, 1, byte(n)}) }
func hostOnManagement(n int) netip.Addr   { return netip.AddrFrom4([4]byte{10, 255, 2, byte(n)}) }

// subnet is the network of one host and its gateway.
func subnet(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, 24) }

// linkAddress is the address of an end, 1 or 2, of a cable between routers.
func linkAddress(cable int, end byte) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 2, byte(cable), end}), 30)
}
