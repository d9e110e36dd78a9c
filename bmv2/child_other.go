//go:build !linux

package bmv2

import "syscall"

// childAttributes keeps a Ctrl-C at the terminal from reaching the switch. That it dies with its parent
// only Linux can promise.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
