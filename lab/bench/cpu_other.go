//go:build !linux

package bench

import (
	"fmt"
	"runtime"
	"time"
)

// cpuTime is for Linux only.
func cpuTime(int) (time.Duration, error) {
	return 0, fmt.Errorf("the CPU time of another process cannot be read on %s, expected linux", runtime.GOOS)
}

// ownTime is for Linux only, and nothing elsewhere.
func ownTime() time.Duration { return 0 }

// sleeps is for Linux only.
func sleeps(int) (uint64, error) {
	return 0, fmt.Errorf("the context switches of another process cannot be read on %s, expected linux", runtime.GOOS)
}

// yieldCPU is for Linux only.
func yieldCPU(int) error {
	return fmt.Errorf("the scheduling of another process cannot be set on %s, expected linux", runtime.GOOS)
}
