//go:build !linux

package bmv2

import "syscall"

// childAttributes keeps a Ctrl-C at the terminal from reaching the switch. Only Linux can also make the
// switch die with its parent.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
