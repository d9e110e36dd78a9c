//go:build linux

package netlab

import (
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// offloads lists the work that the kernel leaves to the network card (ethtool.h). A virtual cable has none, so
// a program that reads whole frames there would see unfinished checksums and packets larger than the MTU.
var offloads = []struct {
	name    string
	command uint32
}{
	{"checksums", unix.ETHTOOL_STXCSUM},
	{"segmentation (TSO)", unix.ETHTOOL_STSO},
	{"segmentation (GSO)", unix.ETHTOOL_SGSO},
	{"merging (GRO)", unix.ETHTOOL_SGRO},
}

// ethtoolValue is struct ethtool_value.
type ethtoolValue struct{ command, data uint32 }

// ethtoolRequest is struct ifreq with a pointer in its union, padded to the size of the largest member.
type ethtoolRequest struct {
	name  [unix.IFNAMSIZ]byte
	value *ethtoolValue
	_     [24 - unsafe.Sizeof(uintptr(0))]byte
}

// disableOffload turns all offloads off.
func (p Port) disableOffload() error {
	return p.Node.Do(func() error {
		socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%v: %w", p, err)
		}
		defer unix.Close(socket)
		for _, o := range offloads {
			if err := setOffload(socket, p.Name, o.command, 0); err != nil {
				return fmt.Errorf("%v: offload of %s cannot be turned off: %w", p, o.name, err)
			}
		}
		return nil
	})
}

func setOffload(socket int, port string, command, value uint32) error {
	v := &ethtoolValue{command, value}
	r := &ethtoolRequest{value: v}
	copy(r.name[:unix.IFNAMSIZ-1], port)
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(r)))
	runtime.KeepAlive(v)
	if errno != 0 {
		return errno
	}
	return nil
}
