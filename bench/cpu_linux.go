package bench

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the CPU time that a process has used: of all its threads, also those that have ended,
// user and system, to the nanosecond. It is the sum that /proc/PID/schedstat and /proc/PID/task have parts
// of, and /proc/PID/stat in ticks. The kernel charges the work for a packet to whoever runs when it is
// done, which for local traffic is mostly its sender.
func cpuTime(pid int) (time.Duration, error) {
	const processClock = 2 // CPUCLOCK_SCHED, of a process: clock_getcpuclockid(3)
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|processClock), &t); err != nil {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// childAttributes makes a child die with its parent, and keeps a Ctrl-C at the terminal from reaching it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
