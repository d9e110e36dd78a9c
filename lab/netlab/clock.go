//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SetClock lets the monotonic clocks (CLOCK_MONOTONIC, CLOCK_BOOTTIME) of processes that are started on
// the node from now on run ahead of the machine's by offset: as on a machine that booted at another time.
// The wall clock is one for the whole machine and cannot be set for a node (time_namespaces(7)).
func (n *Node) SetClock(offset time.Duration) error {
	err := n.Do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWTIME); err != nil {
			return err
		}
		seconds, nanos := int64(offset/time.Second), int64(offset%time.Second)
		if nanos < 0 {
			seconds, nanos = seconds-1, nanos+int64(time.Second)
		}
		text := fmt.Sprintf("monotonic %d %d\nboottime %d %d\n", seconds, nanos, seconds, nanos)
		return os.WriteFile(fmt.Sprintf("/proc/%d/timens_offsets", unix.Gettid()), []byte(text), 0)
	})
	if errors.Is(err, unix.EINVAL) || errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("clocks of one's own are %w: the kernel needs time namespaces: %w", ErrNotSupported, err)
	}
	if err != nil {
		return fmt.Errorf("clock of node %s: %w", n.name, err)
	}
	return nil
}
