package transport

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// outgoing is a batch of datagrams to send. Those of one length to one address form one message, a train,
// which the kernel splits as late as possible (UDP_SEGMENT, udp(7)). Most of the cost of sending is the path
// through the network stack, which a train takes once. Datagrams to one address keep their order; those to
// different addresses may not.
type outgoing struct {
	mem  []byte // the datagrams, contiguously
	data []outgoingDatagram

	trains  []train
	newest  [trainSlots]uint16 // by address: index of the newest train plus 1
	longest int                // longest datagram that may join a train; 0: none may

	headers []mmsghdr
	iovs    []unix.Iovec
	names   []unix.RawSockaddrInet6
	control []segmentSize
}

// outgoingDatagram is a datagram of the batch.
type outgoingDatagram struct {
	at, n int // position and length in mem
	next  int // next datagram of its train; 0: none, since datagram 0 is always a train's first
}

// train is a sequence of datagrams of one length to one address. The last may be shorter.
type train struct {
	to          netip.AddrPort
	first, last int // indices of datagrams
	count       int
	bytes       int
	full        bool
}

const (
	// longestTrain is the most datagrams of a train: UDP_MAX_SEGMENTS of kernels before 6.9.
	longestTrain = 64
	// heaviestTrain is the most bytes of a train, which with its headers must fit an IP packet.
	heaviestTrain = 65000
	// trainSlots is a power of two.
	trainSlots = 256
	// sendBatches is the capacity of an outgoing batch in received batches: a sequencer sends several
	// copies of each datagram.
	sendBatches = 4
)

// splits reports whether the kernel can split trains (Linux 4.18).
func splits(fd int) bool {
	_, err := unix.GetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT)
	return err == nil
}

func newOutgoing(batch, mtu int, split bool) *outgoing {
	batch *= sendBatches
	out := &outgoing{
		mem:     make([]byte, 0, batch*mtu),
		data:    make([]outgoingDatagram, 0, batch),
		trains:  make([]train, 0, batch),
		headers: make([]mmsghdr, batch),
		iovs:    make([]unix.Iovec, batch),
		names:   make([]unix.RawSockaddrInet6, batch),
		control: make([]segmentSize, batch),
	}
	if split {
		out.longest = mtu
	}
	for i := range out.headers {
		out.headers[i].hdr.Name = (*byte)(unsafe.Pointer(&out.names[i]))
		c := &out.control[i].head
		c.Level, c.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		c.SetLen(unix.CmsgLen(2))
	}
	return out
}

func (out *outgoing) full() bool { return len(out.data) == cap(out.data) }

// queue copies a datagram into the batch, which must not be full.
func (out *outgoing) queue(to netip.AddrPort, b []byte, v6 bool) {
	d := len(out.data)
	out.data = append(out.data, outgoingDatagram{at: len(out.mem), n: len(b)})
	out.mem = append(out.mem, b...)
	slot := &out.newest[trainSlot(to)]
	if i := int(*slot); i > 0 && out.join(&out.trains[i-1], to, d) {
		return
	}
	out.trains = append(out.trains, train{to: to, first: d, last: d, count: 1, bytes: len(b), full: len(b) == 0 || len(b) > out.longest})
	*slot = uint16(len(out.trains))
	out.address(len(out.trains)-1, to, v6)
}

// trainSlot hashes an address to an index of newest.
func trainSlot(to netip.AddrPort) int {
	a := to.Addr().As16()
	h := binary.NativeEndian.Uint64(a[:8]) ^ binary.NativeEndian.Uint64(a[8:]) ^ uint64(to.Port())<<17
	h *= 0x9e3779b97f4a7c15 // the golden ratio
	return int(h >> 56)
}

// join appends a datagram to a train and reports whether it fits.
func (out *outgoing) join(t *train, to netip.AddrPort, d int) bool {
	n, whole := out.data[d].n, out.data[t.first].n
	if t.full || n == 0 || n > whole || t.count == longestTrain || t.bytes+n > heaviestTrain || t.to != to {
		return false
	}
	out.data[t.last].next = d
	t.last = d
	t.count++
	t.bytes += n
	t.full = n < whole
	return true
}

// address sets the destination of a train's message.
func (out *outgoing) address(i int, to netip.AddrPort, v6 bool) {
	name, h := &out.names[i], &out.headers[i].hdr
	port := (*[2]byte)(unsafe.Pointer(&name.Port))
	port[0], port[1] = byte(to.Port()>>8), byte(to.Port())
	if v6 {
		name.Family, name.Addr = unix.AF_INET6, to.Addr().As16()
		h.Namelen = unix.SizeofSockaddrInet6
		return
	}
	v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
	v4.Family, v4.Addr = unix.AF_INET, to.Addr().Unmap().As4()
	h.Namelen = unix.SizeofSockaddrInet4
}

// arrange lays the trains out for the kernel.
func (out *outgoing) arrange() {
	v := 0
	for i := range out.trains {
		t, h := &out.trains[i], &out.headers[i].hdr
		h.Iov = &out.iovs[v]
		h.SetIovlen(t.count)
		for d, n := t.first, t.count; n > 0; n-- {
			datagram := &out.data[d]
			out.iovs[v].SetLen(datagram.n)
			out.iovs[v].Base = nil
			if datagram.n > 0 {
				out.iovs[v].Base = &out.mem[datagram.at]
			}
			d = datagram.next
			v++
		}
		h.Control = nil
		h.SetControllen(0)
		if t.count > 1 {
			c := &out.control[i]
			binary.NativeEndian.PutUint16(c.size[:], uint16(out.data[t.first].n))
			h.Control = (*byte)(unsafe.Pointer(c))
			h.SetControllen(unix.CmsgSpace(2))
		}
	}
}

// flush sends the batch. Datagrams that the kernel refuses are lost.
func (out *outgoing) flush(fd int) (sent, bytes, failed int) {
	if len(out.trains) == 0 {
		return 0, 0, 0
	}
	out.arrange()
	retried := false
	for i := 0; i < len(out.trains); {
		r, errno := sendmmsg(fd, out.headers[i:len(out.trains)])
		switch t := &out.trains[i]; {
		case errno == 0:
			for ; r > 0; r-- {
				sent += out.trains[i].count
				bytes += out.trains[i].bytes
				i++
			}
			retried = false
		case errno == unix.EINTR:
		case errno == unix.ECONNREFUSED && !retried:
			// The error is that of an earlier datagram; this train has not been sent yet.
			retried = true
		case errno == unix.EAGAIN || errno == unix.ENOBUFS:
			for ; i < len(out.trains); i++ {
				failed += out.trains[i].count
			}
		case t.count > 1 && refusesTrain(errno):
			out.shorten(errno, out.data[t.first].n)
			s, b, f := out.sendEach(fd, i)
			sent, bytes, failed = sent+s, bytes+b, failed+f
			i++
			retried = false
		default:
			failed += t.count
			i++
			retried = false
		}
	}
	out.mem, out.data, out.trains = out.mem[:0], out.data[:0], out.trains[:0]
	clear(out.newest[:])
	return sent, bytes, failed
}

// refusesTrain reports whether this error may be due to the train and not to its datagrams: the route cannot
// split trains, or the datagrams exceed its MTU and must be fragmented.
func refusesTrain(errno unix.Errno) bool {
	return errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE || errno == unix.EOPNOTSUPP
}

// shorten adapts the length of datagrams that may join trains after a train of this size was refused.
func (out *outgoing) shorten(errno unix.Errno, size int) {
	switch errno {
	case unix.EINVAL, unix.EMSGSIZE:
		out.longest = min(out.longest, size-1)
	default:
		out.longest = 0
	}
}

// sendEach sends the datagrams of a train one by one.
func (out *outgoing) sendEach(fd, i int) (sent, bytes, failed int) {
	t, m := &out.trains[i], out.headers[i:i+1]
	h := &m[0].hdr
	iov := h.Iov
	h.Control = nil
	h.SetControllen(0)
	h.SetIovlen(1)
	for d, n := t.first, t.count; n > 0; n-- {
		h.Iov = iov
		if _, errno := sendmmsg(fd, m); errno == 0 {
			sent++
			bytes += out.data[d].n
		} else {
			failed++
		}
		d = out.data[d].next
		iov = (*unix.Iovec)(unsafe.Add(unsafe.Pointer(iov), unsafe.Sizeof(unix.Iovec{})))
	}
	return sent, bytes, failed
}

// sendmmsg sends messages without waiting. As the system call does not block, it bypasses the Go scheduler.
func sendmmsg(fd int, headers []mmsghdr) (n int, errno unix.Errno) {
	r, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&headers[0])),
		uintptr(len(headers)), unix.MSG_DONTWAIT, 0, 0)
	return int(r), errno
}
