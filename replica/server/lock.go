package server

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// ErrInUse says that a replica's directory belongs to a running process.
var ErrInUse = errors.New("the replica is running")

// lockDir keeps other processes out of a replica's directory until the returned file is closed. The
// kernel drops the lock with the process.
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
