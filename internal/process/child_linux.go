package process

import "syscall"

// childAttributes makes a child die with its parent, and keeps a Ctrl-C at the terminal from reaching it,
// because the parent stops its children in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
