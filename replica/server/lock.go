package server

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrInUse means that a running process uses the replica's directory.
var ErrInUse = errors.New("the replica is running")

// lockDir locks a replica's directory against other processes until the returned file is closed or the process ends.
func lockDir(dir string) (*os.File, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrInUse
		}
		return nil, errors.Join(fmt.Errorf("lock of %s: %w", dir, err), d.Close())
	}
	return d, nil
}
