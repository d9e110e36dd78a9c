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

// cpuTime returns the user and system CPU time of all threads of a process, ended ones included, with a resolution of
// nanoseconds. The files in /proc/PID lack ended threads (schedstat, task) or count in ticks (stat). The kernel charges
// the work on a packet to the process that runs at the time, which for local traffic is mostly the sender.
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

// sleeps returns the number of voluntary context switches of a process's threads (proc_pid_status(5),
// voluntary_ctxt_switches): a thread gives its core away when it has no work.
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

// yieldCPU keeps the threads of a process from preempting others when they wake up: sched(7), SCHED_BATCH.
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
			attributes, err = unix.SchedGetAttr(id, 0) // keeps the nice value, which not every user may lower
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
