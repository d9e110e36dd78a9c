package resp

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
)

// TestMaxRequests checks that the bytes of incomplete requests are bounded over all connections, and are
// freed when a request completes or its connection ends.
func TestMaxRequests(t *testing.T) {
	const maxOp, room = 64 << 10, 300 << 10
	s, _ := start(t, Config{MaxOp: maxOp, FrontEnd: limits.FrontEnd{MaxRequests: room}})
	value := strings.Repeat("v", maxOp/2)
	whole := fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$%d\r\n%s\r\n", len(value), value)
	half := whole[:len(whole)-1]

	// The incomplete requests exceed the room: the server closes some connections and says why.
	var waiting []*peer
	cut := 0
	for range 20 {
		p := dial(t, s.Addr().String())
		_, _ = p.nc.Write(half) // fails if the connection is closed before everything is sent
		waiting = append(waiting, p)
	}
	for _, p := range waiting {
		_, _ = p.nc.Write(whole[len(half):])
		switch line, err := p.r.ReadString('\n'); {
		case err == nil && line == "+OK\r\n":
		case err != nil, strings.Contains(line, errNoRoom.Error()): // a reset may overtake the error
			cut++
		default:
			t.Errorf("answer %q", line)
		}
	}
	if cut == 0 || cut == len(waiting) {
		t.Errorf("%d of %d connections were closed, expected some", cut, len(waiting))
	}
	if n := s.stats.evicted.Load(); n != uint64(cut) {
		t.Errorf("counted %d connections that were closed, expected %d", n, cut)
	}
	for _, p := range waiting {
		p.nc.Close()
	}
	for s.Connections() > 0 {
		time.Sleep(time.Millisecond)
	}
	if used := s.budget.used.Load(); used != 0 {
		t.Errorf("%d bytes are held without a connection", used)
	}
	p := dial(t, s.Addr().String())
	p.send(whole)
	p.expect("+OK")
}

func TestBudget(t *testing.T) {
	b := budget{limit: 100}
	for i, step := range []struct {
		from, to int
		ok       bool
		scarce   bool
	}{
		{0, 50, true, false}, {0, 50, true, true}, {0, 1, false, true}, {50, 51, false, true}, {50, 10, true, true}, {0, 40, true, true}, {50, 0, true, false},
	} {
		if ok := b.resize(step.from, step.to); ok != step.ok || b.scarce() != step.scarce {
			t.Errorf("step %d: %v with %d used, scarce is %v", i, ok, b.used.Load(), b.scarce())
		}
	}
}

// TestClientThatDoesNotRead checks that the server closes the connection of a client that does not read its
// replies.
func TestClientThatDoesNotRead(t *testing.T) {
	const maxOp = 64 << 10
	s, _ := start(t, Config{MaxOp: maxOp, FrontEnd: limits.FrontEnd{WriteTimeout: 10 * time.Millisecond}})
	p := dial(t, s.Addr().String())
	p.send(request(t, "SET a "+strings.Repeat("v", maxOp/2)))
	p.expect("+OK")
	get := request(t, "GET a")
	for {
		if _, err := p.nc.Write(get); err != nil {
			break // closed; otherwise dial's deadline ends the test
		}
	}
	for s.Connections() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// TestLocalRepliesOfTransactions checks that the replies to a transaction's local commands are not all held.
func TestLocalRepliesOfTransactions(t *testing.T) {
	s, _ := start(t, Config{MaxOp: 16 << 10})
	for _, replicated := range []string{"", "INCR n"} {
		nc := &sink{}
		c := newConn(s, nc, 1)
		nc.held = func() int { return len(c.out) }
		command := func(line string) { c.command(bytes.Fields([]byte(line))) }
		command("MULTI")
		if replicated != "" {
			command(replicated)
		}
		for range 500 {
			command("COMMAND LIST")
		}
		command("EXEC")
		c.execute()
		if !c.write() || c.closing {
			t.Error("the connection is closed")
		}
		if nc.most > flushReplies+16<<10 || nc.sum < 4*flushReplies {
			t.Errorf("at most %d of %d bytes were held, expected about %d", nc.most, nc.sum, flushReplies)
		}
	}
}

// sink is a connection that discards what is written, and records how much is held then.
type sink struct {
	net.Conn
	held      func() int
	most, sum int
}

func (s *sink) SetWriteDeadline(time.Time) error { return nil }

func (s *sink) Write(b []byte) (int, error) {
	s.most, s.sum = max(s.most, s.held()), s.sum+len(b)
	return len(b), nil
}
