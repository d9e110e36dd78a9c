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
)

// Node is a host, a router or a switch: a network namespace and a thread that lives in it. The thread is
// what starts the node's processes: Linux kills them with it.
type Node struct {
	name      string
	namespace string

	ns      netns.NsHandle
	netlink *netlink.Handle
	jobs    chan func()
	end     chan struct{} // closed by close
	ended   chan struct{} // closed with the thread's last step
}

func newNode(name, namespace string) (*Node, error) {
	n := &Node{
		name: name, namespace: namespace,
		jobs: make(chan func()), end: make(chan struct{}), ended: make(chan struct{}),
	}
	made := make(chan error)
	go n.live(made)
	err := <-made
	if err == nil {
		err = n.prepare()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("node %s: %w", name, err), n.close())
	}
	return n, nil
}

// live is the node's thread.
func (n *Node) live(made chan<- error) {
	defer close(n.ended)
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	var err error
	n.ns, err = netns.NewNamed(n.namespace)
	made <- err
	if err != nil {
		return
	}
	for {
		select {
		case job := <-n.jobs:
			job()
		case <-n.end:
			return
		}
	}
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
	close(n.end)
	<-n.ended
	if n.netlink != nil {
		n.netlink.Close()
	}
	if n.ns.IsOpen() {
		_ = n.ns.Close()
	}
	return removeName(namespaceDir, n.namespace)
}

// Name is what the node was called when it was added.
func (n *Node) Name() string { return n.name }

// Namespace is the name of the node's network namespace: `ip netns exec <Namespace> …` looks at it.
func (n *Node) Namespace() string { return n.namespace }

// Do runs f on the node's thread: sockets that f makes, itself and not in another goroutine, are the
// node's. f must not block for long; nothing starts on the node meanwhile.
func (n *Node) Do(f func() error) error {
	done := make(chan error, 1)
	select {
	case n.jobs <- func() { done <- f() }:
		return <-done
	case <-n.end:
		return fmt.Errorf("node %s: the lab is closed, expected an open one", n.name)
	}
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
