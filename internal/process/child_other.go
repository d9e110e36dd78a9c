//go:build !linux

package process

import "syscall"

// childAttributes keeps a Ctrl-C at the terminal from reaching a child. Only on Linux a child dies with its
// parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
