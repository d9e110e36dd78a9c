package process

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os/exec"
)

// Loopback runs processes on this machine and gives each the addresses of its loopback interface that it
// asks for.
type Loopback struct {
	thread *Thread
	taken  map[uint16]bool
}

// NewLoopback starts the thread that starts the processes.
func NewLoopback() *Loopback {
	return &Loopback{thread: NewThread(), taken: make(map[uint16]bool)}
}

// Ports are below the range that Linux uses for outgoing connections, so that a process that is killed
// finds its port free when it comes back.
const (
	firstPort = 10000
	endPort   = 32768
	portTries = 1000
)

// Address returns an address whose port is free for UDP and TCP and was not returned before. The role is
// named in errors only.
func (l *Loopback) Address(role string) (netip.AddrPort, error) {
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
	defer tcp.Close()
	udp, err := net.ListenPacket("udp", a.String())
	if err != nil {
		return false
	}
	defer udp.Close()
	return true
}

// Start starts a role's process.
func (l *Loopback) Start(_ string, cmd *exec.Cmd) error { return l.thread.Do(cmd.Start) }

// Close ends the thread, and on Linux every process that still runs.
func (l *Loopback) Close() error {
	l.thread.Close()
	return nil
}
