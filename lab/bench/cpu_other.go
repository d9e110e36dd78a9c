//go:build !linux

package bench

import (
	"fmt"
	"runtime"
	"time"
)

// cpuTime is implemented on Linux only.
func cpuTime(int) (time.Duration, error) {
	return 0, fmt.Errorf("the CPU time of another process cannot be read on %s, expected linux", runtime.GOOS)
}

// ownTime is implemented on Linux only and returns 0.
func ownTime() time.Duration { return 0 }

// sleeps is implemented on Linux only.
func sleeps(int) (uint64, error) {
	return 0, fmt.Errorf("the context switches of another process cannot be read on %s, expected linux", runtime.GOOS)
}

// yieldCPU is implemented on Linux only.
func yieldCPU(int) error {
	return fmt.Errorf("the scheduling of another process cannot be set on %s, expected linux", runtime.GOOS)
}
