package bmv2

import "syscall"

// childAttributes makes the switch die with the thread that started it. The process group of its own
// keeps a Ctrl-C at the terminal from reaching the switch, which Stop ends in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
