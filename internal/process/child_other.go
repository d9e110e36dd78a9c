//go:build !linux

package process

import "syscall"

// childAttributes keeps a Ctrl-C at the terminal from reaching a child. That a child dies with its
// parent only Linux can promise.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
