package resp

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/kv"
)

// local is an Invoker that executes on a state machine of its own. Its logical time does not advance.
type local struct {
	mu    sync.Mutex
	store *kv.Store
	slot  uint64
	sizes []int             // of the operations executed
	fail  func(n int) error // the error of the nth Invoke
}

func (l *local) Invoke(_ context.Context, op []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sizes = append(l.sizes, len(op))
	if l.fail != nil {
		if err := l.fail(len(l.sizes)); err != nil {
			return nil, err
		}
	}
	l.slot++
	l.store.Release(l.slot)
	return l.store.Execute(l.slot, 0, op, nil), nil
}

// start starts a server, on a state machine of its own unless the configuration has an Invoker.
func start(t testing.TB, config Config) (*Server, *local) {
	l := &local{store: kv.New()}
	if config.Invoker == nil {
		config.Invoker = l
	}
	if config.Addr == "" {
		config.Addr = "127.0.0.1:0"
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, l
}

func (p *peer) expect(want ...string) {
	p.t.Helper()
	for i, w := range want {
		if got := strings.Join(p.reply(), "\n"); got != w {
			p.t.Fatalf("reply %d is %s, expected %s", i, got, w)
		}
	}
}

// expectEnd checks that the server has closed the connection.
func (p *peer) expectEnd() {
	p.t.Helper()
	if b, err := p.r.ReadByte(); err == nil {
		p.t.Fatalf("the connection is open: it sends byte %q", b)
	}
}

// TestPipeline sends a pipeline that does not fit one operation. Replies must be in order, also those to
// local commands, and operations as large as allowed.
func TestPipeline(t *testing.T) {
	const maxOp, n = 200, 2000
	s, l := start(t, Config{MaxOp: maxOp})
	p := dial(t, s.Addr().String())
	var b []byte
	for i := range n {
		b = append(b, request(t, "INCR counter")...)
		if i%100 == 0 {
			b = append(b, request(t, fmt.Sprintf("ECHO %d", i))...)
		}
	}
	go p.send(b) // the replies may fill the socket before everything is sent
	for i := range n {
		p.expect(fmt.Sprintf(":%d", i+1))
		if i%100 == 0 {
			p.expect(fmt.Sprintf(`"%d"`, i))
		}
	}
	if len(l.sizes) > n/4 {
		t.Errorf("%d commands took %d operations, expected pipelines to share operations", n, len(l.sizes))
	}
	for _, size := range l.sizes {
		if size > maxOp {
			t.Errorf("an operation is %d bytes long, the limit is %d", size, maxOp)
		}
	}
}

// TestLongReplies sends pipelines whose replies exceed the limit of an operation. Each reply must be the one
// that its command has alone, and each command must take effect once.
func TestLongReplies(t *testing.T) {
	const maxOp, n = 60 << 10, 150
	s, l := start(t, Config{MaxOp: maxOp})
	p := dial(t, s.Addr().String())
	value := strings.Repeat("x", maxOp/2)
	p.send(request(t, "SET a "+value))
	p.expect("+OK")
	var b []byte
	for range n {
		b = append(b, request(t, "GET a")...)
		b = append(b, request(t, "INCR n")...)
	}
	l.sizes = nil
	go p.send(b)
	for i := range n {
		p.expect(fmt.Sprintf("%q", value), fmt.Sprintf(":%d", i+1))
	}
	if len(l.sizes) > 10 {
		t.Errorf("the pipeline took %d operations", len(l.sizes))
	}
	for i := range 1000 { // a list whose elements have 5 MB together
		p.send(request(t, fmt.Sprintf("RPUSH l %d%s", i, value[:5000])))
		p.expect(fmt.Sprintf(":%d", i+1))
	}
	const over = "-ERR reply exceeds the limit of 3145728 bytes for a command or a transaction"
	go p.send(slices.Concat(request(t, "INCR n"), request(t, "LRANGE l 0 -1"), request(t, "INCR n"), request(t, "LRANGE l 0 499"),
		request(t, "LRANGE l 500 -1"), request(t, "MULTI"), request(t, "LRANGE l 0 499"), request(t, "LRANGE l 500 999"),
		request(t, "INCR n"), request(t, "EXEC"), request(t, "GET n")))
	p.expect(":151", over, ":152")
	for _, want := range []string{"*500", "*500"} {
		if got := p.reply(); got[0] != want {
			t.Errorf("LRANGE: %.100s…, expected %s", got[0], want)
		}
	}
	p.expect("+OK", "+QUEUED", "+QUEUED", "+QUEUED")
	if got := p.reply(); got[0] != "*3" || got[len(got)-2] != "  "+over || got[len(got)-1] != "  :153" {
		t.Errorf("EXEC: %.100s … %.200s", got[0], got[len(got)-2:])
	}
	p.expect(`"153"`)
}

func TestTooLarge(t *testing.T) {
	const maxOp = 100
	s, l := start(t, Config{MaxOp: maxOp})
	p := dial(t, s.Addr().String())
	for _, size := range []int{maxOp, 1000, readBuffer, 1 << 20, 5 << 20} {
		go p.send(slices.Concat(request(t, "INCR n"), request(t, "SET k "+strings.Repeat("x", size)), request(t, "GET n")))
		p.reply()
		if got := p.reply()[0]; !strings.HasPrefix(got, "-ERR request of ") || !strings.Contains(got, "limit of 100 bytes") {
			t.Errorf("a value of %d bytes: %s", size, got)
		}
		p.reply()
	}
	if n := len(l.sizes); n > 10 {
		t.Errorf("%d operations, expected only those that fit", n)
	}
	p.do("MULTI")
	p.do("SET a 1")
	if got := p.do("SET b " + strings.Repeat("x", maxOp)); !strings.HasPrefix(got[0], "-ERR request of ") {
		t.Errorf("a transaction that is too large: %s", got)
	}
	if got := p.do("EXEC"); !strings.HasPrefix(got[0], "-EXECABORT") {
		t.Errorf("EXEC: %s", got)
	}
	if got := p.do("GET a"); got[0] != "$-1" {
		t.Errorf("GET: %s", got)
	}
}

func TestProtocolErrors(t *testing.T) {
	for input, want := range map[string]string{
		"*1\r\n$9223372036854775807\r\n":        "-ERR Protocol error: invalid bulk length",
		"*1\r\n$-1\r\n":                         "-ERR Protocol error: invalid bulk length",
		"*1\r\n$x\r\n":                          "-ERR Protocol error: invalid bulk length",
		"*1\r\n:3\r\n":                          "-ERR Protocol error: expected '$', got ':'",
		"*9223372036\r\n":                       "-ERR Protocol error: invalid multibulk length",
		"*x\r\n":                                "-ERR Protocol error: invalid multibulk length",
		"*" + strings.Repeat("1", 100):          "-ERR Protocol error: too big mbulk count string",
		"*1\r\n$" + strings.Repeat("1", 100):    "-ERR Protocol error: too big bulk count string",
		strings.Repeat("x", maxLine+readBuffer): "-ERR Protocol error: too big inline request",
		"GET \"a\r\n":                           "-ERR Protocol error: unbalanced quotes in request",
	} {
		t.Run(fmt.Sprintf("%.20q", input), func(t *testing.T) {
			s, _ := start(t, Config{})
			p := dial(t, s.Addr().String())
			p.send([]byte("PING\r\n"))
			p.expect("+PONG")
			p.send([]byte(input))
			p.expect(want)
		})
	}
}

// lengths are requests at the edges of the protocol and the replies to them and a PING that follows. They are
// those of Redis.
var lengths = []struct{ input, want string }{
	{"*02\r\n$4\r\nECHO\r\n$1\r\na\r\n", "-ERR Protocol error: invalid multibulk length"},
	{"*+1\r\n$4\r\nPING\r\n", "-ERR Protocol error: invalid multibulk length"},
	{"*-0\r\n", "-ERR Protocol error: invalid multibulk length"},
	{"*\r\n", "-ERR Protocol error: invalid multibulk length"},
	{"*2147483648\r\n", "-ERR Protocol error: invalid multibulk length"},
	{"*1\r\n$04\r\nPING\r\n", "-ERR Protocol error: invalid bulk length"},
	{"*1\r\n$+4\r\nPING\r\n", "-ERR Protocol error: invalid bulk length"},
	{"*0\r\n*-1\r\n*-2147483649\r\n", "+PONG"},
	{"*2\r\n$4\r\nECHOxx$1\r\na\r\n", `"a" +PONG`},
	{"*2\r\n$4\r\nECHO\r\n$1\r\nabc", `"a" +PONG`},
}

func testLengths(t *testing.T, addr string) {
	for _, c := range lengths {
		p := dial(t, addr)
		p.send([]byte(c.input + "PING\r\n"))
		var replies []string
		for range strings.Fields(c.want) {
			replies = append(replies, p.reply()...)
			if strings.HasPrefix(c.want, "-") {
				break
			}
		}
		if got := strings.Join(replies, " "); got != c.want {
			t.Errorf("%q: %s, expected %s", c.input, got, c.want)
		}
	}
}

func TestLengths(t *testing.T) {
	s, _ := start(t, Config{})
	testLengths(t, s.Addr().String())
}

func TestLengthsOfRedis(t *testing.T) { testLengths(t, startRedis(t)) }

// TestManyArguments sends a command with more arguments than any that a group can take.
func TestManyArguments(t *testing.T) {
	s, _ := start(t, Config{})
	p := dial(t, s.Addr().String())
	const n = 1<<20 + 1
	go p.send(slices.Concat(fmt.Appendf(nil, "*%d\r\n", n), bytes.Repeat([]byte("$1\r\nx\r\n"), n), []byte("PING\r\n")))
	if got := p.reply()[0]; !strings.HasPrefix(got, fmt.Sprintf("-ERR request of %d bytes exceeds the limit", n)) {
		t.Errorf("%d arguments: %s", n, got)
	}
	p.expect("+PONG")
}

func TestHTTPIsCut(t *testing.T) {
	s, l := start(t, Config{})
	for _, input := range []string{"POST / HTTP/1.1\r\nHost: x\r\n\r\nSET a 1\r\n", "Host: x\r\nSET a 1\r\n"} {
		p := dial(t, s.Addr().String())
		p.send([]byte(input))
		p.expectEnd()
	}
	if len(l.sizes) != 0 {
		t.Error("a command in an HTTP request was executed")
	}
}

func TestInline(t *testing.T) {
	s, _ := start(t, Config{})
	p := dial(t, s.Addr().String())
	p.send([]byte("\r\n*0\r\n*-1\r\n  set  'a b'\t\"x\\x41\\n\\\"\"  \nget 'a b'\r\n"))
	p.expect("+OK", `"xA\n\""`)
}

func TestAuth(t *testing.T) {
	s, l := start(t, Config{Password: "secret"})
	addr := s.Addr().String()
	const denied = "-NOAUTH Authentication required."
	const wrong = "-" + errWrongPass
	p := dial(t, addr)
	for _, c := range []struct{ command, want string }{
		{"GET a", denied}, {"PING", denied}, {"INFO", denied}, {"MULTI", denied}, {"AUTH wrong", wrong}, {"AUTH other secret", wrong},
		{"HELLO 2 AUTH default wrong", wrong}, {"GET a", denied}, {"AUTH secret", "+OK"}, {"GET a", "$-1"}, {"RESET", "+RESET"},
		{"GET a", denied}, {"AUTH default secret", "+OK"}, {"SET a 1", "+OK"}, {"AUTH wrong", wrong}, {"GET a", `"1"`},
	} {
		if got := strings.Join(p.do(c.command), "\n"); got != c.want {
			t.Errorf("%s: %s, expected %s", c.command, got, c.want)
		}
	}
	if n := len(l.sizes); n != 3 {
		t.Errorf("%d operations were executed, expected 3", n)
	}
	p = dial(t, addr)
	if got := p.do("HELLO 2 AUTH default secret SETNAME me"); got[0] != "*14" {
		t.Errorf("HELLO: %s", got)
	}
	if got := p.do("CLIENT GETNAME"); got[0] != `"me"` {
		t.Errorf("CLIENT GETNAME: %s", got)
	}
	for input, want := range map[string]string{
		"*11\r\n":              "-ERR Protocol error: unauthenticated multibulk length",
		"*1\r\n$16385\r\n":     "-ERR Protocol error: unauthenticated bulk length",
		"*1\r\n$536870913\r\n": "-ERR Protocol error: invalid bulk length",
	} {
		p := dial(t, addr)
		p.send([]byte(input))
		p.expect(want)
		p.expectEnd()
	}
}

// TestInvokeErrors checks the replies to a failed operation, that the rest of the pipeline is not executed,
// and that the connection survives.
func TestInvokeErrors(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("client: deadline: %w", client.ErrOutcomeUnknown), "-ERR outcome unknown: "},
		{context.DeadlineExceeded, "-ERR outcome unknown: "},
		{client.ErrQueueFull, "-ERR client: too many requests"},
		{&client.TooLargeError{Size: 2000, Limit: 1000}, "-ERR request of 2000 bytes exceeds the limit of 1000 bytes"},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			s, l := start(t, Config{})
			l.fail = func(n int) error {
				if n == 1 {
					return c.err
				}
				return nil
			}
			p := dial(t, s.Addr().String())
			p.send(slices.Concat(request(t, "INCR a"), request(t, "INCR a"), request(t, "PING"), request(t, "INCR a"),
				request(t, "MULTI"), request(t, "INCR a"), request(t, "EXEC")))
			for range 2 {
				if got := p.reply(); !strings.HasPrefix(got[0], c.want) {
					t.Errorf("%s, expected %s…", got, c.want)
				}
			}
			p.expect("+PONG")
			const behind = "-ERR not executed: a command before it in the pipeline failed: "
			if got := p.reply(); !strings.HasPrefix(got[0], behind) {
				t.Errorf("%s, expected %s…", got, behind)
			}
			p.expect("+OK", "+QUEUED")
			if got := p.reply(); !strings.HasPrefix(got[0], behind) {
				t.Errorf("%s, expected %s…", got, behind)
			}
			if got := p.do("INCR a"); got[0] != ":1" {
				t.Errorf("the next pipeline's INCR replies %s", got)
			}
		})
	}
}

// TestSelectThatFails checks that a transaction that was not executed does not change the database.
func TestSelectThatFails(t *testing.T) {
	s, l := start(t, Config{})
	l.fail = func(n int) error {
		if n == 1 {
			return client.ErrQueueFull
		}
		return nil
	}
	p := dial(t, s.Addr().String())
	for _, c := range []string{"MULTI", "SELECT 7"} {
		p.do(c)
	}
	if got := p.do("EXEC"); !strings.HasPrefix(got[0], "-ERR client: too many requests") {
		t.Fatalf("EXEC: %s", got)
	}
	p.do("SET a 1")
	p.do("SELECT 0")
	if got := p.do("GET a"); got[0] != `"1"` {
		t.Errorf("GET in database 0: %s", got)
	}
}

// stuck is an Invoker whose operations do not complete.
type stuck struct{ called chan struct{} }

func (i stuck) Invoke(ctx context.Context, _ []byte) ([]byte, error) {
	close(i.called)
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestTimeout(t *testing.T) {
	s, _ := start(t, Config{Invoker: stuck{make(chan struct{})}, FrontEnd: limits.FrontEnd{Timeout: time.Millisecond}})
	p := dial(t, s.Addr().String())
	if got := p.do("GET a"); !strings.HasPrefix(got[0], "-ERR outcome unknown: ") {
		t.Errorf("GET without an answer in time: %s", got)
	}
}

// TestCloseAbandonsOperations closes the server, in start's cleanup, while an operation hangs.
func TestCloseAbandonsOperations(t *testing.T) {
	i := stuck{make(chan struct{})}
	s, _ := start(t, Config{Invoker: i, FrontEnd: limits.FrontEnd{Timeout: time.Hour}})
	dial(t, s.Addr().String()).send(request(t, "GET a"))
	<-i.called
}

func TestMaxConns(t *testing.T) {
	s, _ := start(t, Config{FrontEnd: limits.FrontEnd{MaxConns: 2}})
	var peers []*peer
	for range 2 {
		p := dial(t, s.Addr().String())
		p.do("PING")
		peers = append(peers, p)
	}
	p := dial(t, s.Addr().String())
	p.expect("-ERR max number of clients reached")
	p.expectEnd()
	if got := strings.Join(peers[0].do("INFO clients stats"), "\n"); !strings.Contains(got, `connected_clients:2\r\n`) || !strings.Contains(got, `rejected_connections:1\r\n`) {
		t.Errorf("INFO: %s", got)
	}
	if got := strings.Join(peers[0].do("CLIENT LIST"), "\n"); strings.Count(got, "addr=") != 4 { // and laddr=
		t.Errorf("CLIENT LIST: %s", got)
	}
}

func TestInfo(t *testing.T) {
	s, _ := start(t, Config{Version: "1.2", Replication: func() []Field { return []Field{{"leader", "0"}} }})
	p := dial(t, s.Addr().String())
	for command, want := range map[string]string{
		"INFO": `nopaxos_version:1.2\r\n`, "INFO replication": `# Replication\r\nrole:master\r\nleader:0\r\n`, "INFO everything": "# Server", "INFO nothing": `""`,
	} {
		if got := strings.Join(p.do(command), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s, expected %s in it", command, got, want)
		}
	}
}

func TestConcurrentConnections(t *testing.T) {
	s, _ := start(t, Config{})
	const conns, each = 20, 50
	var wg sync.WaitGroup
	for range conns {
		p := dial(t, s.Addr().String())
		wg.Go(func() {
			for range each {
				p.send(slices.Concat(request(t, "INCR n"), request(t, "HINCRBY h f 1"), request(t, "CLIENT LIST")))
				for range 3 {
					p.reply()
				}
			}
		})
	}
	wg.Wait()
	p := dial(t, s.Addr().String())
	if got, want := p.do("GET n")[0], fmt.Sprintf(`"%d"`, conns*each); got != want {
		t.Errorf("the counter is %s, expected %s", got, want)
	}
}

// TestOpenDoor checks that the server warns, in one line, if other machines can use the store without a
// password.
func TestOpenDoor(t *testing.T) {
	for _, c := range []struct {
		addr, password string
		lines          int
	}{
		{"0.0.0.0:0", "", 1}, {"[::]:0", "", 1}, {"0.0.0.0:0", "secret", 0}, {"127.0.0.1:0", "", 0},
	} {
		var log strings.Builder
		s, err := NewServer(Config{
			Addr: c.addr, Password: c.password, Invoker: &local{store: kv.New()}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		})
		if err != nil {
			t.Logf("%s: %v", c.addr, err) // no IPv6
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := strings.Count(log.String(), "\n"); n != c.lines || n == 1 && !strings.Contains(log.String(), "requires no password") {
			t.Errorf("%s with password %q logs %q", c.addr, c.password, log.String())
		}
	}
}

func TestNewServerErrors(t *testing.T) {
	s, l := start(t, Config{})
	for name, config := range map[string]Config{
		"no invoker":  {},
		"port in use": {Invoker: l, Addr: s.Addr().String()},
		"address":     {Invoker: l, Addr: "nowhere"},
		"small op":    {Invoker: l, Addr: "127.0.0.1:0", MaxOp: 1},
		"connections": {Invoker: l, Addr: "127.0.0.1:0", FrontEnd: limits.FrontEnd{MaxConns: -1}},
		"timeout":     {Invoker: l, Addr: "127.0.0.1:0", FrontEnd: limits.FrontEnd{Timeout: -1}},
	} {
		if s, err := NewServer(config); err == nil {
			s.Close()
			t.Errorf("%s: no error", name)
		} else if !strings.HasPrefix(err.Error(), "resp: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
