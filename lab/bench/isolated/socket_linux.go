package isolated

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn is a socket of the generator, connected to the server. It never waits.
type conn struct {
	fd    int
	addr  netip.AddrPort
	train int // most datagrams of a system call

	out   []byte // queued datagrams of one length, of which the last may be shorter
	size  int    // their length
	count int

	in      []byte
	head    unix.Msghdr
	iov     unix.Iovec
	control segment
	oob     segment
}

// segment is the control message with the length of the datagrams of a train: UDP_SEGMENT and UDP_GRO, udp(7).
type segment struct {
	head unix.Cmsghdr
	size [8]byte
}

// longest is the longest train in bytes.
const longest = 65000

// buffer is requested of the kernel for each direction, in bytes.
const buffer = 8 << 20

// dial opens a socket on an address that talks only to the server.
func dial(local, server netip.AddrPort, train int) (*conn, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	c := &conn{fd: fd, addr: local, train: train, in: make([]byte, 1<<16)}
	for _, option := range [][2]int{{unix.SO_RCVBUFFORCE, unix.SO_RCVBUF}, {unix.SO_SNDBUFFORCE, unix.SO_SNDBUF}} {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[0], buffer) != nil {
			_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option[1], buffer)
		}
	}
	if train > 1 {
		err = unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(local.Port()), Addr: local.Addr().As4()})
	}
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Port: int(server.Port()), Addr: server.Addr().As4()})
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("socket from %v to %v: %w", local, server, err)
	}
	c.iov.Base = &c.in[0]
	c.iov.SetLen(len(c.in))
	c.head.Iov = &c.iov
	c.head.SetIovlen(1)
	c.oob.head.Level, c.oob.head.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	c.oob.head.SetLen(unix.CmsgLen(2))
	return c, nil
}

func (c *conn) close() { unix.Close(c.fd) }

// queue adds a copy of a datagram to the next train.
func (c *conn) queue(b []byte) error {
	if c.count > 0 && (len(b) != c.size || c.count == c.train || len(c.out)+len(b) > longest) {
		if err := c.flush(); err != nil {
			return err
		}
	}
	c.out, c.size = append(c.out, b...), len(b)
	c.count++
	return nil
}

// flush sends the queued datagrams.
func (c *conn) flush() error {
	if c.count == 0 {
		return nil
	}
	err := c.send(c.out, c.size)
	c.out, c.count = c.out[:0], 0
	return err
}

// send sends a train of datagrams of one length. The server's queue is longer than all that the generator has
// outstanding, so a failure is an error.
func (c *conn) send(train []byte, size int) error {
	iov := unix.Iovec{Base: &train[0]}
	iov.SetLen(len(train))
	head := unix.Msghdr{Iov: &iov}
	head.SetIovlen(1)
	if len(train) > size {
		binary.NativeEndian.PutUint16(c.oob.size[:], uint16(size))
		head.Control = (*byte)(unsafe.Pointer(&c.oob))
		head.SetControllen(unix.CmsgSpace(2))
	}
	for {
		_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&head)), unix.MSG_DONTWAIT)
		switch errno {
		case 0:
			return nil
		case unix.EINTR:
		case unix.ECONNREFUSED: // of an earlier datagram: the server was not listening yet
		default:
			return fmt.Errorf("sending from %v: %w", c.addr, errno)
		}
	}
}

// receive passes the datagrams of one system call to handle, and reports whether there were any.
func (c *conn) receive(handle func(b []byte)) (bool, error) {
	c.head.Control = (*byte)(unsafe.Pointer(&c.control))
	c.head.SetControllen(int(unsafe.Sizeof(c.control)))
	r, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(c.fd), uintptr(unsafe.Pointer(&c.head)), unix.MSG_DONTWAIT)
	switch errno {
	case 0:
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED:
		return false, nil
	default:
		return false, fmt.Errorf("receiving at %v: %w", c.addr, errno)
	}
	all := c.in[:r]
	size := len(all)
	if c.head.Controllen >= unix.SizeofCmsghdr && c.control.head.Level == unix.SOL_UDP && c.control.head.Type == unix.UDP_GRO {
		size = int(binary.NativeEndian.Uint32(c.control.size[:]))
	}
	for len(all) > 0 {
		n := min(size, len(all))
		handle(all[:n:n])
		all = all[n:]
	}
	return true, nil
}

// cpuTime returns the CPU time of a process in nanoseconds, from the kernel's scheduler.
func cpuTime(pid int) (time.Duration, error) {
	const processClock = 2 // CPUCLOCK_SCHED, of a process: clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|processClock), &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
