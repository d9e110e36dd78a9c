package baseline

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/transport"
)

// caller is a client on a socket, with one operation at a time.
type caller struct {
	udp     *transport.UDP
	core    *clientcore.Core
	courier clientcore.Courier
	done    chan outcome
}

type outcome struct {
	result string
	err    error
}

// startCaller starts a client of a group. It sends requests to the sequencer if that is valid.
func (g *group) startCaller(sequencer netip.AddrPort) *caller {
	g.t.Helper()
	udp, err := transport.ListenUDP(transport.UDPConfig{Addr: "127.0.0.1:0"})
	if err != nil {
		g.t.Fatal(err)
	}
	var replicas []netip.AddrPort
	for _, p := range g.peers {
		replicas = append(replicas, p.Addr)
	}
	c := &caller{udp: udp, courier: NewCourier(g.system, replicas), done: make(chan outcome, 1)}
	if sequencer.IsValid() {
		sender := oumlib.NewSender(sequencedGroup, transport.DefaultMTU)
		sender.SetAddr(sequencer)
		c.courier = clientcore.NewMulticast(sender)
	}
	c.core, err = clientcore.New(clientcore.Config{
		Replicas: len(g.peers), Auth: g.keys.Client, Rule: g.system.Rule(len(g.peers)),
		ReplyTo: udp.LocalAddr(), Nonce: clientcore.RandomNonce,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g.stop = append(g.stop, cancel)
	g.running.Go(func() {
		if err := udp.Run(ctx, c); err != nil {
			g.t.Errorf("client: %v", err)
		}
	})
	return c
}

var _ transport.Handler = (*caller)(nil)

func (c *caller) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { c.core.Reply(now, b) }
func (c *caller) Bulk(time.Duration, []byte)                             {}
func (c *caller) Tick(now time.Duration)                                 { c.core.Tick(now) }
func (c *caller) Deadline() time.Duration                                { return c.core.Deadline() }

func (c *caller) Flush(time.Duration) {
	effects := c.core.Effects()
	for i := range effects {
		switch e := &effects[i]; e.Kind {
		case clientcore.EffectGroup:
			c.courier.Send(c.udp, e)
		case clientcore.EffectDone:
			c.done <- outcome{string(e.Result), e.Err}
		}
	}
	c.core.ClearEffects()
}

// invoke executes an operation and returns its result.
func (c *caller) invoke(t *testing.T, op []byte) (string, error) {
	t.Helper()
	c.udp.Post(func(now time.Duration) {
		if _, err := c.core.Invoke(now, 0, op); err != nil {
			c.done <- outcome{err: err}
		}
	})
	select {
	case o := <-c.done:
		return o.result, o.err
	case <-time.After(20 * time.Second):
		return "", errors.New("no answer within 20 s")
	}
}
