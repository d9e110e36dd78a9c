package bmv2

import "syscall"

// childAttributes makes the switch die with the thread that started it, and keeps a Ctrl-C at the
// terminal from reaching it: it is stopped in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
