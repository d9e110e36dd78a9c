package resp

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/kv"
)

// FuzzReply checks that a reply is read as kv.ParseReply reads it, and that RESP 2 passes unchanged.
func FuzzReply(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n*-1\r\n:1\r\n"))
	f.Add([]byte("-ERR x\r\n"))
	f.Add([]byte("*1000000\r\n"))
	f.Add([]byte("$-1\r\n+OK\r\n"))
	f.Add([]byte("$3\r\nab\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		out, rest, ok := appendReply(nil, b, plain, false)
		if ok && !bytes.Equal(slices.Concat(out, rest), b) {
			t.Fatalf("RESP 2 of %q is %q with %q left", b, out, rest)
		}
		if _, left, err := kv.ParseReply(b); err == nil && (!ok || !bytes.Equal(left, rest)) {
			t.Fatalf("%q: %v with %q left, expected %q", b, ok, rest, left)
		}
		for _, f := range []form{plain, asMap, asSet} {
			if _, rest3, ok3 := appendReply(nil, b, f, true); ok3 != ok || !bytes.Equal(rest3, rest) {
				t.Fatalf("RESP 3 of %q: %v with %q left, expected %v with %q", b, ok3, rest3, ok, rest)
			}
		}
	})
}

// TestTracking checks that a client with client-side caching learns after its reads that they are invalid.
func TestTracking(t *testing.T) {
	s, _ := start(t, Config{})
	p := dial(t, s.Addr().String())
	p.do("SET a 1")
	p.do("HELLO 3")
	const push = ">2\r\n$10\r\ninvalidate\r\n_\r\n"
	for _, c := range []struct{ commands, want string }{
		{"CLIENT TRACKING ON OPTIN; GET a", "+OK\r\n$1\r\n1\r\n"},
		{"CLIENT CACHING YES; MULTI; PTTL a; GET a; EXEC", "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:-1\r\n$1\r\n1\r\n" + push},
		{"GET a", "$1\r\n1\r\n" + push},
		{"CLIENT TRACKING OFF; GET a", "+OK\r\n$1\r\n1\r\n"},
		{"CLIENT TRACKING ON; GET a", "+OK\r\n$1\r\n1\r\n" + push},
		{"CLIENT TRACKING ON BCAST", "-ERR CLIENT TRACKING with BCAST, PREFIX or REDIRECT is not supported\r\n" + push},
		{"RESET", "+RESET\r\n"},
	} {
		var b []byte
		for command := range strings.SplitSeq(c.commands, "; ") {
			b = append(b, request(t, command)...)
		}
		p.send(b)
		got := make([]byte, len(c.want))
		for n := 0; n < len(got); {
			m, err := p.r.Read(got[n:])
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
		if string(got) != c.want {
			t.Errorf("%s\nreplies  %q\nexpected %q", c.commands, got, c.want)
		}
	}
	if got := p.do("PING"); got[0] != "+PONG" || p.r.Buffered() > 0 {
		t.Errorf("PING: %s, and %d bytes more", got, p.r.Buffered())
	}
}

// TestInfoWithoutGroup checks that INFO says what the process knows while the group does not answer.
func TestInfoWithoutGroup(t *testing.T) {
	s, l := start(t, Config{})
	l.fail = func(int) error { return client.ErrQueueFull }
	p := dial(t, s.Addr().String())
	if got := p.do("INFO")[0]; !strings.Contains(got, "# Server") || strings.Contains(got, "# Keyspace") {
		t.Errorf("INFO: %s", got)
	}
}

// TestResultIsNoReplies checks that a result that is not a list of replies fails the commands.
func TestResultIsNoReplies(t *testing.T) {
	for _, result := range []string{"", "x", "+OK\r\n", "*2\r\n+OK\r\n", "+OK\r\n+OK\r\n+OK\r\n", "$-1\r\n$9\r\n"} {
		i := &fixed{result: []byte(result)}
		s, _ := start(t, Config{Invoker: i})
		p := dial(t, s.Addr().String())
		p.send(slices.Concat(request(t, "SET a 1"), request(t, "SET b 1")))
		_, second := p.reply(), p.reply()
		if result == "+OK\r\n" { // executed in two operations
			if second[0] != "+OK" || i.calls != 2 {
				t.Errorf("one reply at a time: %s after %d operations", second, i.calls)
			}
		} else if !strings.HasPrefix(second[0], "-ERR ") && result != "+OK\r\n+OK\r\n+OK\r\n" {
			t.Errorf("result %q: %s", result, second)
		}
	}
}

// fixed is an Invoker with one result.
type fixed struct {
	result []byte
	calls  int
}

func (i *fixed) Invoke(context.Context, []byte) ([]byte, error) {
	i.calls++
	return i.result, nil
}
