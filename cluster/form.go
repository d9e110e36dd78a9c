package cluster

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// stringForm returns the form of a string by its tag.
func stringForm(tag reflect.StructTag) (expected string, valid func(string) bool) {
	if list := tag.Get("oneof"); list != "" {
		words := strings.Split(list, ",")
		return "one of " + strings.Join(words, ", "), func(s string) bool { return slices.Contains(words, s) }
	}
	if tag.Get("form") == "name" {
		return "a name of at most 63 letters, digits, '.', '_' and '-'", nameForm.MatchString
	}
	return "a path", func(string) bool { return true }
}

// The forms of an address with a port: the wildcard address is only good for listening, and stamped datagrams go to IPv4
// addresses, like the sequencers' table entries. Names are not resolved: the destination of a datagram must not depend on a
// name server.
func parseAddress(s string, tag reflect.StructTag) (netip.AddrPort, bool) {
	form := tag.Get("form")
	a, err := netip.ParseAddrPort(s)
	ok := err == nil && a.Port() != 0 && !a.Addr().IsMulticast() &&
		(form == "listen" || !a.Addr().IsUnspecified()) && (form != "stamped" || a.Addr().Is4())
	return a, ok
}

func addressExpected(tag reflect.StructTag) string {
	switch tag.Get("form") {
	case "connect":
		return "an IP address and port like 10.0.0.3:9701 that others can reach"
	case "stamped":
		return "an IPv4 address and port like 10.0.0.3:9701 that others can reach"
	}
	return "an IP address and port like 10.0.0.3:9701"
}

// parseIPv4 reads an IPv4 unicast address.
func parseIPv4(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Is4() && !a.IsUnspecified() && !a.IsMulticast() && a != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

func parseNetwork(s string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(s)
	return p, err == nil && p == p.Masked()
}

const macExpected = "a unicast MAC address like 02:00:00:00:00:01"

var (
	portExpected = fmt.Sprintf("a switch's port like s1/1, with ports from 1 to %d", maxPort)
	linkExpected = fmt.Sprintf("two switches' ports like s1/1 - s2/3, with ports from 1 to %d", maxPort)
)
