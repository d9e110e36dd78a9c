//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// SetClock sets the monotonic clocks (CLOCK_MONOTONIC, CLOCK_BOOTTIME) of the processes that will start on
// the node ahead of the machine's by offset, as if the node had booted at another time. All nodes share the
// machine's wall clock (time_namespaces(7)).
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
		return fmt.Errorf("clocks per node are %w: the kernel needs time namespaces: %w", ErrNotSupported, err)
	}
	if err != nil {
		return fmt.Errorf("clock of node %s: %w", n.name, err)
	}
	return nil
}
