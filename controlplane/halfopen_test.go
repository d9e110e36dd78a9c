package controlplane

import (
	"io"
	"net"
	"strings"
	"testing"
)

// forgetfulWire relays connections to a target, and hides from it that the controller's end was closed.
type forgetfulWire struct {
	net.Listener
	near chan net.Conn // the controller's ends
}

func newForgetfulWire(t *testing.T, target string) *forgetfulWire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &forgetfulWire{Listener: l, near: make(chan net.Conn, 64)}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", target)
			if err != nil {
				_ = near.Close()
				continue
			}
			t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
			w.near <- near
			go func() { _, _ = io.Copy(far, near) }()
			go func() { _, _ = io.Copy(near, far) }()
		}
	}()
	return w
}

// A target that does not know that the controller's last connection is dead accepts the next one nevertheless.
func TestReconnectsToATargetThatHoldsTheDeadConnection(t *testing.T) {
	c := newCluster(t, 1, groupA)
	wire := newForgetfulWire(t, c.sequencers[0].addr)
	c.cfg.Sequencers[0].P4RuntimeAddr = wire.Addr().String()
	c.run()
	c.ready()
	_ = next(t, wire.near).Close()
	c.eventually("connected again", func(s Status) bool { return s.Targets[0].Connections == 2 })
	if last := c.controller.Status().Targets[0].LastError; strings.Contains(last, "election id") {
		t.Errorf("the target took the dead connection for another controller: %s", last)
	}
}
