package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
	"runtime"
)

// place is where roles run.
type place interface {
	// address returns an address for a role, of UDP and TCP, that was not given out before.
	address(role string) (netip.AddrPort, error)
	// start starts a role's process. It ends with this process at the latest.
	start(role string, cmd *exec.Cmd) error
	close() error
}

// The names of places.
const (
	PlaceAuto       = "auto" // namespaces if they can be had, else loopback
	PlaceLoopback   = "loopback"
	PlaceNamespaces = "namespaces"
)

// newPlace makes a place, and says which one.
func newPlace(name string) (p place, have string, err error) {
	switch name {
	case PlaceLoopback:
		return newLoopback(), PlaceLoopback, nil
	case PlaceNamespaces:
		p, err = newNamespaces()
		return p, PlaceNamespaces, err
	case PlaceAuto:
		if p, err = newNamespaces(); err == nil {
			return p, PlaceNamespaces, nil
		}
		return newLoopback(), PlaceLoopback, nil
	}
	return nil, "", fmt.Errorf("place is %q, expected %s, %s or %s", name, PlaceAuto, PlaceLoopback, PlaceNamespaces)
}

// loopback is this machine's loopback interface.
type loopback struct {
	taken map[uint16]bool
	jobs  chan func()
}

func newLoopback() *loopback {
	l := &loopback{taken: make(map[uint16]bool), jobs: make(chan func())}
	go func() {
		// Linux sends a child its parent-death signal when the thread that started it ends, so one
		// thread starts them all, and is kept.
		runtime.LockOSThread()
		for job := range l.jobs {
			job()
		}
	}()
	return l
}

// Ports are below the range that the kernel gives to outgoing connections.
const (
	firstPort = 10000
	endPort   = 32768
	portTries = 1000
)

func (l *loopback) address(role string) (netip.AddrPort, error) {
	for range portTries {
		port := uint16(firstPort + rand.N(endPort-firstPort))
		a := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)
		if !l.taken[port] && free(a) {
			l.taken[port] = true
			return a, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("address of %s: no free port from %d to %d on 127.0.0.1", role, firstPort, endPort-1)
}

func free(a netip.AddrPort) bool {
	tcp, err := net.Listen("tcp", a.String())
	if err != nil {
		return false
	}
	udp, err := net.ListenPacket("udp", a.String())
	if err != nil {
		return errors.Join(err, tcp.Close()) == nil
	}
	return errors.Join(udp.Close(), tcp.Close()) == nil
}

func (l *loopback) start(_ string, cmd *exec.Cmd) error {
	done := make(chan error, 1)
	l.jobs <- func() { done <- cmd.Start() }
	return <-done
}

func (l *loopback) close() error {
	close(l.jobs)
	return nil
}
