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
	// Router solicitations and the like are noise that counters and switch programs would see.
	if err := n.Sysctl("net/ipv6/conf/all/disable_ipv6", "1"); err != nil && !errors.Is(err, os.ErrNotExist) {
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

// Name returns the name that the node was added with.
func (n *Node) Name() string { return n.name }

// Namespace returns the name of the node's network namespace, for `ip netns exec <Namespace> …`.
func (n *Node) Namespace() string { return n.namespace }

// Do runs f on the node's thread: sockets that f creates, itself and not in another goroutine, are the
// node's. f must not block for long, because no process can start on the node meanwhile.
func (n *Node) Do(f func() error) error {
	err := n.thread.Do(f)
	if errors.Is(err, process.ErrClosed) {
		return fmt.Errorf("node %s: the lab is closed, expected an open one", n.name)
	}
	return err
}

// Start starts a process on the node. It is killed when the lab is closed or this process ends; its
// SysProcAttr may have more in it.
func (n *Node) Start(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	return n.Do(cmd.Start)
}

// Dial connects from the node, as a net.Dialer does, to an address that is not a name.
func (n *Node) Dial(ctx context.Context, network, address string) (conn net.Conn, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: a thread in another namespace is of no use to others
		if err = netns.Set(n.ns); err == nil {
			conn, err = new(net.Dialer).DialContext(ctx, network, address)
		}
	}()
	<-done
	return conn, err
}

// Sysctl sets one of the node's own settings, like "net/ipv4/ip_forward".
func (n *Node) Sysctl(name, value string) error {
	// /proc/sys/net shows the namespace of the thread that opens it.
	return n.Do(func() error { return os.WriteFile("/proc/sys/"+name, []byte(value), 0) })
}
