package bench

import (
	"fmt"
	"net/netip"
	"os/exec"

	"github.com/netordered/nopaxos/internal/process"
)

// place is a network that roles run in.
type place interface {
	// Address returns an unused address, for UDP and TCP, of the host of a role.
	Address(role string) (netip.AddrPort, error)
	// Start starts a role's process. The process does not outlive this one.
	Start(role string, cmd *exec.Cmd) error
	Close() error
}

// The names of places.
const (
	PlaceAuto       = "auto" // namespaces if this user may create them, else loopback
	PlaceLoopback   = "loopback"
	PlaceNamespaces = "namespaces"
)

// newPlace creates a place and returns its name.
func newPlace(name string) (p place, have string, err error) {
	switch name {
	case PlaceLoopback:
		return process.NewLoopback(), PlaceLoopback, nil
	case PlaceNamespaces:
		p, err = newNamespaces()
		return p, PlaceNamespaces, err
	case PlaceAuto:
		if p, err = newNamespaces(); err == nil {
			return p, PlaceNamespaces, nil
		}
		return process.NewLoopback(), PlaceLoopback, nil
	}
	return nil, "", fmt.Errorf("place is %q, expected %s, %s or %s", name, PlaceAuto, PlaceLoopback, PlaceNamespaces)
}
