package transport

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// outgoing is a batch of datagrams to be sent. Those of one length to one address are one message to the
// kernel, which splits it again as late as it can (UDP_SEGMENT, udp(7)): what sending costs is mostly
// the way through the network stack, and they go it together. So datagrams to one address keep their
// order, and datagrams to several need not.
type outgoing struct {
	mem  []byte // the datagrams, one behind the other
	data []outgoingDatagram

	trains  []train
	newest  [trainSlots]uint16 // by address: the newest train, and 1
	longest int                // datagrams of at most this length travel in trains; 0: none do

	headers []mmsghdr
	iovs    []unix.Iovec
	names   []unix.RawSockaddrInet6
	control []segmentSize
}

// outgoingDatagram is a datagram of the batch.
type outgoingDatagram struct {
	at, n int // in mem
	next  int // of its train; 0: none, as the batch's first datagram is nobody's next
}

// train is datagrams of one length to one address, but for the last, which may be shorter.
type train struct {
	to          netip.AddrPort
	first, last int // datagrams
	count       int
	bytes       int
	full        bool
}

const (
	// longestTrain is how many datagrams a train has at most: UDP_MAX_SEGMENTS of kernels before 6.9.
	longestTrain = 64
	// heaviestTrain is how many bytes a train has at most, which with its headers are an IP packet.
	heaviestTrain = 65000
	// trainSlots is a power of two.
	trainSlots = 256
	// sendBatches is how many batches of received datagrams the answers to which are sent at once:
	// a sequencer sends one to each of several replicas.
	sendBatches = 4
)

// splits reports whether the kernel splits what is sent (Linux 4.18).
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

// trainSlot spreads addresses over newest.
func trainSlot(to netip.AddrPort) int {
	a := to.Addr().As16()
	h := binary.NativeEndian.Uint64(a[:8]) ^ binary.NativeEndian.Uint64(a[8:]) ^ uint64(to.Port())<<17
	h *= 0x9e3779b97f4a7c15 // the golden ratio
	return int(h >> 56)
}

// join appends a datagram to a train, unless it does not fit.
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

// address writes where a train goes.
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
			// The error belongs to an earlier datagram; this one was not tried yet.
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

// refusesTrain reports whether the kernel, with this error, may mean that the datagrams travel together:
// the way has no means to split them, or they are longer than its MTU and would be fragments.
func refusesTrain(errno unix.Errno) bool {
	return errno == unix.EIO || errno == unix.EINVAL || errno == unix.EMSGSIZE || errno == unix.EOPNOTSUPP
}

// shorten takes a lesson from a train that was refused.
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

// sendmmsg does not wait, so the Go scheduler is not told of it.
func sendmmsg(fd int, headers []mmsghdr) (n int, errno unix.Errno) {
	r, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&headers[0])),
		uintptr(len(headers)), unix.MSG_DONTWAIT, 0, 0)
	return int(r), errno
}
