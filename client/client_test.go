package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

const testGroup = 0x0a610001

// group is sequencer and replicas on one socket, which answers from the model log.
type group struct {
	conn   *net.UDPConn
	silent atomic.Bool // log and execute operations without answering
	ended  sync.WaitGroup

	mu       sync.Mutex
	received int // operations
	changed  *sync.Cond
}

func startGroup(t testing.TB, answer func(wire.Request) []wire.Reply) *group {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	g := &group{conn: conn}
	g.changed = sync.NewCond(&g.mu)
	g.ended.Go(func() { g.serve(answer) })
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		g.ended.Wait()
	})
	return g
}

func (g *group) serve(answer func(wire.Request) []wire.Reply) {
	b, out := make([]byte, 2048), make([]byte, 0, 2048)
	for {
		n, err := g.conn.Read(b)
		if err != nil {
			return
		}
		h, payload, err := oumlib.ParseHeader(b[:n])
		if err != nil || h.Group != testGroup {
			continue
		}
		_, body, err := grouptest.Keys.Open(payload)
		if err != nil {
			continue
		}
		m, err := wire.ParseRequest(body)
		if err != nil {
			continue
		}
		if !m.Register {
			g.mu.Lock()
			g.received++
			g.changed.Broadcast()
			g.mu.Unlock()
			if g.silent.Load() {
				continue
			}
		}
		for _, r := range answer(m) {
			out = grouptest.Keys.Client.Seal(wire.AppendReply(out[:0], &r), 0)
			_, _ = g.conn.WriteToUDPAddrPort(out, m.ReplyTo) // the client retransmits if this is lost
		}
	}
}

// await returns when n operations have arrived.
func (g *group) await(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.received < n {
		g.changed.Wait()
	}
}

func (g *group) config() Config {
	addr := g.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return Config{Group: testGroup, Replicas: 3, Auth: grouptest.Keys.Client, Sequencer: addr}
}

func startClient(t testing.TB, cfg Config) *Client {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestInvokeFromManyGoroutines(t *testing.T) {
	g := startGroup(t, grouptest.NewLog(3).Take)
	c := startClient(t, g.config())
	var callers sync.WaitGroup
	for i := range 20 {
		callers.Go(func() {
			buf := make([]byte, 0, 64)
			for k := range 50 {
				op := fmt.Appendf(nil, "op %d of %d", k, i)
				want := string(op) + " done 1 times"
				var err error
				if buf, err = c.InvokeAppend(context.Background(), buf[:0], op); err != nil || string(buf) != want {
					t.Errorf("%s: %q, %v, expected %q", op, buf, err, want)
				}
			}
		})
	}
	callers.Wait()
	if s := c.Stats(); s.Completed != 1000 || s.Registrations != 1 || s.InFlight != 0 {
		t.Errorf("%+v, expected 1000 requests complete, of one client", s)
	}
}

func TestInvokeAppendKeepsThePrefix(t *testing.T) {
	g := startGroup(t, grouptest.NewLog(3).Take)
	c := startClient(t, g.config())
	got, err := c.InvokeAppend(context.Background(), []byte("before "), []byte("x"))
	if err != nil || string(got) != "before x done 1 times" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestContextEndsWhileInFlight(t *testing.T) {
	g := startGroup(t, grouptest.NewLog(3).Take)
	g.silent.Store(true)
	c := startClient(t, g.config())
	ctx, cancel := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	callers.Go(func() {
		dst, err := c.InvokeAppend(ctx, []byte("dst"), []byte("x"))
		if !errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, context.Canceled) || string(dst) != "dst" {
			t.Errorf("%q, %v, expected the outcome to be unknown", dst, err)
		}
		if !strings.Contains(fmt.Sprint(err), "transmission") {
			t.Errorf("%v does not contain the number of transmissions", err)
		}
	})
	g.await(2) // the request and a retransmission
	cancel()
	callers.Wait()
	g.silent.Store(false)
	if got, err := c.Invoke(context.Background(), []byte("y")); err != nil || string(got) != "y done 1 times" {
		t.Errorf("the next request: %q, %v", got, err)
	}
}

func TestContextEndsBeforeSending(t *testing.T) {
	g := startGroup(t, func(wire.Request) []wire.Reply { return nil })
	c := startClient(t, g.config())
	ctx, cancel := context.WithCancel(context.Background())
	var caller sync.WaitGroup
	caller.Go(func() {
		_, err := c.Invoke(ctx, []byte("x"))
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("%v, expected an error that the request is not executed", err)
		}
	})
	for c.Stats().Waiting == 0 { // each call is a turn of the event loop
		continue
	}
	cancel()
	caller.Wait()
}

func TestClose(t *testing.T) {
	g := startGroup(t, grouptest.NewLog(3).Take)
	g.silent.Store(true)
	cfg := g.config()
	cfg.Window = 1
	c := startClient(t, cfg)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := c.Invoke(context.Background(), []byte("x"))
			errs <- err
		}()
	}
	g.await(1)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	unknown := 0
	for range 2 {
		err := <-errs
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%v, expected %v", err, ErrClosed)
		}
		if errors.Is(err, ErrOutcomeUnknown) {
			unknown++
		}
	}
	if unknown != 1 {
		t.Errorf("%d requests have an unknown outcome, expected the one that was sent", unknown)
	}
	if _, err := c.Invoke(context.Background(), []byte("x")); !errors.Is(err, ErrClosed) {
		t.Errorf("Invoke after Close: %v, expected %v", err, ErrClosed)
	}
	c.Stats()
}

func TestLargeOperationIsRefusedAtOnce(t *testing.T) {
	g := startGroup(t, grouptest.NewLog(3).Take)
	c := startClient(t, g.config())
	_, err := c.Invoke(context.Background(), make([]byte, c.MaxOp()+1))
	var tooLarge *TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Limit != c.MaxOp() {
		t.Errorf("%v, expected a TooLargeError with the limit %d", err, c.MaxOp())
	}
	op := bytes.Repeat([]byte{'x'}, c.MaxOp()-20)
	if _, err := c.Invoke(context.Background(), op); err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	good := (&group{conn: startGroup(t, grouptest.NewLog(3).Take).conn}).config()
	for want, change := range map[string]func(*Config){
		"Group is 0":          func(c *Config) { c.Group = 0 },
		"Auth is not set":     func(c *Config) { c.Auth = wire.Auth{} },
		"neither Controllers": func(c *Config) { c.Sequencer = (Config{}).Sequencer },
		"Replicas is 2":       func(c *Config) { c.Replicas = 2 },
		"ReplyTo is":          func(c *Config) { c.Listen = "0.0.0.0:0" },
		"looking for":         func(c *Config) { c.Controllers = []string{"no port"} },
		"unknown port":        func(c *Config) { c.Listen = "127.0.0.1:x" },
	} {
		cfg := good
		change(&cfg)
		if c, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected an error with %q", err, want)
			if c != nil {
				_ = c.Close()
			}
		}
	}
}

// BenchmarkInvoke measures a round trip over loopback to a group that answers at once: the client's goroutines, socket and core,
// and the model of the group.
func BenchmarkInvoke(b *testing.B) {
	slot := uint64(0)
	replies := make([]wire.Reply, 3)
	g := startGroup(b, func(m wire.Request) []wire.Reply {
		slot++
		status := wire.StatusOK
		if m.Register {
			status = wire.StatusRegistered
		}
		for i := range replies {
			replies[i] = grouptest.Answer(3, grouptest.View, slot, m, i, status, "")
		}
		return replies
	})
	c := startClient(b, g.config())
	op := make([]byte, 100)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		result := make([]byte, 0, 64)
		for pb.Next() {
			var err error
			if result, err = c.InvokeAppend(context.Background(), result[:0], op); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
