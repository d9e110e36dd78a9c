//go:build linux

package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"github.com/netordered/nopaxos/internal/process"
)

// Node is a host, a router or a switch: a network namespace and a thread in it. The thread starts the node's
// processes, and Linux kills them when it ends.
type Node struct {
	name      string
	namespace string

	thread  *process.Thread
	ns      netns.NsHandle
	netlink *netlink.Handle
}

func newNode(name, namespace string) (*Node, error) {
	n := &Node{name: name, namespace: namespace, thread: process.NewThread(), ns: netns.None()}
	err := n.thread.Do(func() (err error) {
		n.ns, err = netns.NewNamed(namespace)
		return err
	})
	if err == nil {
		err = n.prepare()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("node %s: %w", name, err), n.close())
	}
	return n, nil
}

func (n *Node) prepare() error {
	var err error
	if n.netlink, err = netlink.NewHandleAt(n.ns); err != nil {
		return err
	}
	// Counters and switch programs would see router solicitations and other noise.
	if err := n.sysctl("net/ipv6/conf/all/disable_ipv6", "1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return n.Port("lo").Up()
}

// close ends the thread, and with it the node's processes.
func (n *Node) close() error {
	n.thread.Close()
	if n.netlink != nil {
		n.netlink.Close()
	}
	if n.ns.IsOpen() {
		_ = n.ns.Close()
	}
	return removeName(namespaceDir, n.namespace)
}

// Do runs f on the node's thread: sockets that f creates, itself and not in another goroutine, are the
// node's. f must not block for long, because no process can start on the node meanwhile.
func (n *Node) Do(f func() error) error {
	err := n.thread.Do(f)
	if errors.Is(err, process.ErrClosed) {
		return fmt.Errorf("node %s: the lab is closed, expected an open one", n.name)
	}
	return err
}

// Start starts a process on the node. The process is killed when the lab is closed or this process ends.
// Other fields of its SysProcAttr are kept.
func (n *Node) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return n.Do(cmd.Start)
}

// Dial connects from the node, as a net.Dialer does, to a numeric address.
func (n *Node) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: other goroutines must not run in this namespace
		if err = netns.Set(n.ns); err == nil {
			conn, err = new(net.Dialer).DialContext(ctx, network, address)
		}
	}()
	<-done
	return conn, err
}

// sysctl sets a kernel parameter of the node's namespace, like "net/ipv4/ip_forward".
func (n *Node) sysctl(name, value string) error {
	// /proc/sys/net shows the namespace of the thread that opens it.
	return n.Do(func() error { return os.WriteFile("/proc/sys/"+name, []byte(value), 0) })
}
