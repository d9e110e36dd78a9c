package bench

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
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

// ownTime returns the CPU time of this process and of all its children that have ended.
func ownTime() time.Duration {
	sum := time.Duration(0)
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err == nil {
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return sum
}

// sleeps returns how often the threads of a process have given their cores away because they had nothing to
// do: proc_pid_status(5), voluntary_ctxt_switches.
func sleeps(pid int) (uint64, error) {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0, fmt.Errorf("threads of process %d: %w", pid, err)
	}
	sum := uint64(0)
	for _, t := range threads {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", pid, t.Name()))
		if err != nil {
			continue // a thread may end meanwhile
		}
		_, value, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(value, "\n")
		n, err := strconv.ParseUint(strings.TrimSpace(line), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("context switches of process %d: %q, expected a number", pid, line)
		}
		sum += n
	}
	return sum, nil
}

// yieldCPU lets no thread of a process take the CPU from others when it wakes up: sched(7), SCHED_BATCH.
func yieldCPU(pid int) error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return fmt.Errorf("scheduling of process %d: %w", pid, err)
	}
	const schedBatch = 3
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		var attributes *unix.SchedAttr
		if err == nil {
			attributes, err = unix.SchedGetAttr(id, 0) // its nice value stays: not everybody may lower one
		}
		if err == nil {
			attributes.Policy = schedBatch
			err = unix.SchedSetAttr(id, attributes, 0)
		}
		if err != nil && !errors.Is(err, unix.ESRCH) { // a thread may end meanwhile
			return fmt.Errorf("scheduling of process %d: %w", pid, err)
		}
	}
	return nil
}
