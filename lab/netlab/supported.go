//go:build linux

package netlab

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// Supported returns nil if New can make labs, or an error that wraps ErrNotSupported.
func Supported() error {
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread, and the namespace with it, ends here
		failed <- unix.Unshare(unix.CLONE_NEWNET)
	}()
	if err := <-failed; err != nil {
		return fmt.Errorf("network namespaces are %w: they need root (CAP_SYS_ADMIN): %w", ErrNotSupported, err)
	}
	return nil
}
