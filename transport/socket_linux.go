package transport

import (
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/netordered/nopaxos/monotime"
)

// mmsghdr is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// socket is a UDP socket that is read and written in batches, and an event counter that ends its wait. Only
// wake may be called from outside the loop.
type socket struct {
	fd    int
	event int // eventfd(2)
	v6    bool
	alone bool // every datagram is sent with a system call of its own
	in    *incoming
	out   *outgoing
	poll  [2]unix.PollFd
	limit unix.Timespec // of wait, here to avoid an allocation
}

func openSocket(cfg UDPConfig) (*socket, netip.AddrPort, error) {
	conn, local, err := bind(cfg.Addr)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	// The loop uses a duplicate of the descriptor, unknown to the runtime's poller.
	defer conn.Close()
	fd, err := duplicate(conn)
	if err != nil {
		return nil, netip.AddrPort{}, err
	}
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		unix.Close(fd)
		return nil, netip.AddrPort{}, err
	}
	event, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		unix.Close(fd)
		return nil, netip.AddrPort{}, err
	}
	enlarge(fd, unix.SO_RCVBUFFORCE, unix.SO_RCVBUF, cfg.socketBuffer)
	enlarge(fd, unix.SO_SNDBUFFORCE, unix.SO_SNDBUF, cfg.socketBuffer)
	s := &socket{
		fd:    fd,
		event: event,
		v6:    family == unix.AF_INET6,
		alone: cfg.single,
		in:    newIncoming(cfg.batch, cfg.MTU, !cfg.single && merges(fd)),
		out:   newOutgoing(cfg.batch, cfg.MTU, !cfg.single && splits(fd)),
	}
	s.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLIN}
	s.poll[1] = unix.PollFd{Fd: int32(event), Events: unix.POLLIN}
	return s, local, nil
}

func duplicate(conn *net.UDPConn) (fd int, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return -1, err
	}
	ctlErr := raw.Control(func(orig uintptr) {
		fd, err = unix.FcntlInt(orig, unix.F_DUPFD_CLOEXEC, 0)
	})
	return fd, errors.Join(ctlErr, err)
}

// enlarge sets the size of a socket buffer, beyond the system's limit if permitted. A smaller buffer than
// requested is not an error; it loses more datagrams in bursts.
func enlarge(fd, force, option, size int) {
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, force, size) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, option, size)
	}
}

func (s *socket) close() {
	unix.Close(s.fd)
	unix.Close(s.event)
}

// precise makes the timers of the calling thread precise, or restores the default, which fires up to 50 µs
// late.
func (s *socket) precise(yes bool) {
	slack := uintptr(0) // the thread's default
	if yes {
		slack = 1
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0)
}

// receive reads a batch without waiting, unless datagrams of the last one are left. transient reports an
// error after which the socket still works.
func (s *socket) receive() (transient bool, err error) { return s.in.receive(s.fd) }

// next returns the next datagram of the batch, if any.
func (s *socket) next() (d datagram, ok bool) { return s.in.next() }

// full reports whether there is no room for another outgoing datagram.
func (s *socket) full() bool { return s.out.full() || s.alone && len(s.out.data) > 0 }

// queue copies a datagram into the outgoing batch, which must not be full. It returns false if the socket
// cannot send to the address.
func (s *socket) queue(to netip.AddrPort, b []byte) bool {
	addr := to.Addr()
	if !addr.IsValid() || to.Port() == 0 || !s.v6 && !addr.Unmap().Is4() {
		return false
	}
	s.out.queue(to, b, s.v6)
	return true
}

// flush sends the outgoing batch. Datagrams that the kernel refuses are lost.
func (s *socket) flush() (sent, bytes, failed int) { return s.out.flush(s.fd) }

// addrPort converts a socket address of either family, without allocation.
func addrPort(name *unix.RawSockaddrInet6) netip.AddrPort {
	port := (*[2]byte)(unsafe.Pointer(&name.Port))
	p := uint16(port[0])<<8 | uint16(port[1])
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), p)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(name.Addr).Unmap(), p)
}

// wait blocks until the socket is readable, wake is called, or timeout has passed.
func (s *socket) wait(timeout time.Duration) {
	limit := &s.limit
	if timeout == monotime.Never {
		limit = nil
	} else {
		s.limit = unix.NsecToTimespec(int64(timeout))
	}
	n, err := unix.Ppoll(s.poll[:], limit, nil)
	if err == nil && n > 0 && s.poll[1].Revents != 0 {
		var b [8]byte
		_, _ = unix.Read(s.event, b[:])
	}
}

// wake ends the present or the next wait. It may be called from any goroutine.
func (s *socket) wake() {
	b := [8]byte{7: 1}
	_, _ = unix.Write(s.event, b[:])
}
