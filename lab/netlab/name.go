//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// namespaceDir is where ip-netns(8) looks for names.
const namespaceDir = "/run/netns"

// namePrefix marks the namespaces of labs.
const namePrefix = "nopaxos"

// owner identifies the process that a namespace belongs to. Process ids are reused, so the time at which the
// process started, in clock ticks since boot, is part of it.
type owner struct {
	pid   int
	start uint64
}

// self returns this process.
func self() (owner, error) {
	pid := os.Getpid()
	start, err := startTime(pid)
	return owner{pid, start}, err
}

// alive reports whether the process still runs.
func (o owner) alive() bool {
	start, err := startTime(o.pid)
	return err == nil && start == o.start
}

// namespace returns the name of a node's namespace: prefix, owner, the owner's number of the lab, node.
func (o owner) namespace(lab int64, node string) string {
	return fmt.Sprintf("%s.%d.%d.%d.%s", namePrefix, o.pid, o.start, lab, node)
}

// ownerOf is the inverse of namespace; false if the name is not a lab's.
func ownerOf(namespace string) (owner, bool) {
	part := strings.SplitN(namespace, ".", 5)
	if len(part) != 5 || part[0] != namePrefix {
		return owner{}, false
	}
	pid, err := strconv.Atoi(part[1])
	if err != nil || pid <= 0 {
		return owner{}, false
	}
	start, err := strconv.ParseUint(part[2], 10, 64)
	return owner{pid, start}, err == nil
}

// startTime returns when a process started, in clock ticks since boot (proc_pid_stat(5), field 22).
func startTime(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The second field is the program's name in parentheses, and may hold anything.
	_, rest, ok := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(rest)
	const startField = 22 - 3 // the first of the rest is field 3
	if !ok || len(fields) <= startField {
		return 0, fmt.Errorf("/proc/%d/stat is %q, expected at least 22 fields", pid, text)
	}
	return strconv.ParseUint(fields[startField], 10, 64)
}

// removeLeftovers removes the names that labs of killed processes left in dir. Their processes have ended, so
// the kernel frees the namespaces.
func removeLeftovers(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("namespaces of earlier labs: %w", err)
	}
	var failed []error
	for _, e := range entries {
		if o, ok := ownerOf(e.Name()); ok && !o.alive() {
			failed = append(failed, removeName(dir, e.Name()))
		}
	}
	return errors.Join(failed...)
}

// removeName removes a namespace's name. It is no error if the name is gone already.
func removeName(dir, name string) error {
	path := filepath.Join(dir, name)
	_ = unix.Unmount(path, unix.MNT_DETACH) // not mounted if its process was killed just before it was
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("namespace %s: %w", name, err)
	}
	return nil
}
