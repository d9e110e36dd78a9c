package transport

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// incoming is the memory of one batch of received datagrams, laid out once for the kernel. If the kernel
// merges datagrams of one sender (UDP_GRO, udp(7)), a message of the batch holds several of one length,
// except that the last may be shorter.
type incoming struct {
	headers []mmsghdr
	iovs    []unix.Iovec
	names   []unix.RawSockaddrInet6 // large enough for either family
	control []segmentSize
	mem     []byte
	size    int // bytes of mem per message
	mtu     int
	merged  bool

	read int // messages of the batch
	at   int // index of the current message
	from netip.AddrPort
	rest []byte // bytes of the current message that next has not returned
	part int    // length of its datagrams, except the last
	long bool   // the kernel truncated it
	open bool   // begin was called for it
}

// segmentSize is the control message that carries the length of merged datagrams.
type segmentSize struct {
	head unix.Cmsghdr
	size [8]byte // an int, padded
}

const (
	// mergedSize is the longest message of merged datagrams, in bytes.
	mergedSize = 1 << 16
	// mergedBatch is the most messages read at once if each may hold many datagrams.
	mergedBatch = 32
	// cacheLines is the padding that keeps the messages of a batch from being a power of two apart, where
	// they would compete for the same lines of the cache.
	cacheLines = 5 * 64
)

// merges makes the kernel merge received datagrams, and reports whether it can (Linux 5.0).
func merges(fd int) bool { return unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_GRO, 1) == nil }

func newIncoming(batch, mtu int, merged bool) *incoming {
	size := mtu
	if merged {
		batch, size = min(batch, mergedBatch), mergedSize+cacheLines
	}
	in := &incoming{
		headers: make([]mmsghdr, batch),
		iovs:    make([]unix.Iovec, batch),
		names:   make([]unix.RawSockaddrInet6, batch),
		control: make([]segmentSize, batch),
		mem:     make([]byte, batch*size),
		size:    size,
		mtu:     mtu,
		merged:  merged,
	}
	for i := range in.headers {
		in.iovs[i].Base = &in.mem[i*size]
		in.iovs[i].SetLen(min(size, mergedSize))
		h := &in.headers[i].hdr
		h.Iov = &in.iovs[i]
		h.SetIovlen(1)
		h.Name = (*byte)(unsafe.Pointer(&in.names[i]))
		h.Namelen = unix.SizeofSockaddrInet6
		if merged {
			h.Control = (*byte)(unsafe.Pointer(&in.control[i]))
			h.SetControllen(int(unsafe.Sizeof(segmentSize{})))
		}
	}
	return in
}

// receive reads a batch without waiting, unless datagrams of the last one are left. As the system call does
// not block, it bypasses the Go scheduler.
func (in *incoming) receive(fd int) (transient bool, err error) {
	if in.at < in.read {
		return false, nil
	}
	for i := range in.read {
		h := &in.headers[i].hdr
		h.Namelen = unix.SizeofSockaddrInet6
		if in.merged {
			h.SetControllen(int(unsafe.Sizeof(segmentSize{})))
		}
	}
	in.read, in.at = 0, 0
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&in.headers[0])),
		uintptr(len(in.headers)), unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		in.read = int(r)
		return false, nil
	case unix.EAGAIN, unix.EINTR:
		return false, nil
	case unix.EBADF, unix.ENOTSOCK, unix.EINVAL, unix.EFAULT, unix.ENOSYS:
		return false, errno
	}
	return true, nil
}

// next returns the next datagram of the batch, if any.
func (in *incoming) next() (datagram, bool) {
	if in.at == in.read {
		return datagram{}, false
	}
	if !in.open {
		in.begin()
	}
	n := min(in.part, len(in.rest))
	d := datagram{from: in.from, data: in.rest[:n:n], long: n > in.mtu || in.long}
	if d.long {
		d.data = d.data[:min(n, in.mtu)]
	}
	if in.rest = in.rest[n:]; len(in.rest) == 0 {
		in.open = false
		in.at++
	}
	return d, true
}

// begin prepares the current message for next.
func (in *incoming) begin() {
	m := &in.headers[in.at]
	n := min(int(m.len), in.size)
	in.open, in.part, in.long = true, n, m.hdr.Flags&unix.MSG_TRUNC != 0
	in.from = addrPort(&in.names[in.at])
	in.rest = in.mem[in.at*in.size:][:n:n]
	if !in.merged || m.hdr.Controllen < unix.SizeofCmsghdr {
		return
	}
	c := &in.control[in.at]
	if c.head.Level == unix.SOL_UDP && c.head.Type == unix.UDP_GRO {
		if size := int(binary.NativeEndian.Uint32(c.size[:])); size > 0 {
			in.part = size
		}
	}
}
