//go:build linux

package veth

import (
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/netordered/nopaxos/lab/netlab"
)

// port is a packet socket at one end of a cable.
type port struct {
	file    *os.File // in the runtime's poller, for deadlines
	raw     syscall.RawConn
	buffer  []byte
	control []byte
}

// receiveBuffer is the size of a socket's receive buffer, in bytes, large enough for any burst of a test.
const receiveBuffer = 8 << 20

func openPort(node *netlab.Node, name string) (*port, error) {
	fd := -1
	err := node.Do(func() error {
		var err error
		fd, err = openSocket(name)
		return err
	})
	if err != nil {
		return nil, err
	}
	p := &port{
		file:    os.NewFile(uintptr(fd), name),
		buffer:  make([]byte, 1<<16),
		control: make([]byte, unix.CmsgSpace(int(unsafe.Sizeof(unix.TpacketAuxdata{})))),
	}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		_ = p.file.Close()
		return nil, err
	}
	return p, nil
}

// openSocket opens a socket that sends and receives whole frames at an interface.
func openSocket(name string) (fd int, err error) {
	link, err := net.InterfaceByName(name)
	if err != nil {
		return -1, err
	}
	// A socket with protocol 0 receives nothing until bind sets its interface.
	fd, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("packet socket: %w", err)
	}
	defer func() {
		if err != nil {
			_ = unix.Close(fd)
		}
	}()
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		return -1, fmt.Errorf("PACKET_IGNORE_OUTGOING: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		return -1, fmt.Errorf("PACKET_AUXDATA: %w", err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer); err != nil {
		return -1, fmt.Errorf("SO_RCVBUFFORCE: %w", err)
	}
	all := binary.NativeEndian.Uint16([]byte{0, unix.ETH_P_ALL})
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: link.Index}); err != nil {
		return -1, fmt.Errorf("bind to %s: %w", name, err)
	}
	return fd, nil
}

func (p *port) send(frame []byte) error {
	n, err := p.file.Write(frame)
	if err == nil && n != len(frame) {
		err = fmt.Errorf("sent %d bytes, expected %d", n, len(frame))
	}
	return err
}

// receive returns the next frame.
func (p *port) receive(deadline time.Time) ([]byte, error) {
	if err := p.file.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	var frame []byte
	var failed error
	err := p.raw.Read(func(fd uintptr) bool {
		var n, controlLen int
		for failed = unix.EINTR; failed == unix.EINTR; {
			n, controlLen, _, _, failed = unix.Recvmsg(int(fd), p.buffer, p.control, 0)
		}
		if failed == nil {
			frame, failed = withTag(p.buffer[:n], p.control[:controlLen])
		}
		return failed != unix.EAGAIN
	})
	if err != nil {
		return nil, err
	}
	return frame, failed
}

// withTag returns a copy of a frame with its 802.1Q tag. Linux removes the tag from frames for packet
// sockets and passes it in a control message.
func withTag(frame, control []byte) ([]byte, error) {
	const addresses = 12 // bytes before the tag
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil, err
	}
	out := append([]byte(nil), frame...)
	for _, m := range messages {
		if m.Header.Level != unix.SOL_PACKET || m.Header.Type != unix.PACKET_AUXDATA ||
			len(m.Data) < int(unsafe.Sizeof(unix.TpacketAuxdata{})) || len(frame) < addresses {
			continue
		}
		data := (*unix.TpacketAuxdata)(unsafe.Pointer(&m.Data[0]))
		if data.Status&unix.TP_STATUS_VLAN_VALID == 0 {
			continue
		}
		tpid := uint16(unix.ETH_P_8021Q)
		if data.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
			tpid = data.Vlan_tpid
		}
		out = append(out[:0], frame[:addresses]...)
		out = binary.BigEndian.AppendUint16(out, tpid)
		out = binary.BigEndian.AppendUint16(out, data.Vlan_tci)
		out = append(out, frame[addresses:]...)
	}
	return out, nil
}

func (p *port) close() error { return p.file.Close() }
