package resp

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var record = flag.Bool("record", false, "rewrite testdata/answers.txt with the replies of redis-server")

const answersFile = "testdata/answers.txt"

// answer is a command and the lines of its reply.
type answer struct {
	comment bool
	differs bool // the reply is the server's own and not recorded
	command string
	reply   []string
}

func readAnswers(t *testing.T) []answer {
	b, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var answers []answer
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
			answers = append(answers, answer{comment: true, command: line})
		case strings.HasPrefix(line, "! "):
			answers = append(answers, answer{differs: true, command: line[2:]})
		case strings.HasPrefix(line, "> "):
			answers = append(answers, answer{command: line[2:]})
		default:
			last := &answers[len(answers)-1]
			last.reply = append(last.reply, line)
		}
	}
	return answers
}

// peer is a connection to a server.
type peer struct {
	t  *testing.T
	nc net.Conn
	r  *bufio.Reader
}

func dial(t *testing.T, addr string) *peer {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute)) // a hang fails with the test's line
	return &peer{t, nc, bufio.NewReader(nc)}
}

func (p *peer) send(b []byte) {
	p.t.Helper()
	if _, err := p.nc.Write(b); err != nil {
		p.t.Error(err) // also called by other goroutines than the test's
	}
}

// request encodes a command line in RESP.
func request(t *testing.T, command string) []byte {
	args, ok := splitInline([]byte(command), nil)
	if !ok {
		t.Fatalf("unbalanced quotes: %s", command)
	}
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b
}

// reply reads one reply: one line, and for an array the lines of its elements. A bulk string is its quoted
// bytes.
func (p *peer) reply() []string {
	p.t.Helper()
	line, err := p.r.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	n := 0
	if _, err := fmt.Sscanf(line[1:], "%d", &n); err != nil || n < 0 {
		return []string{line}
	}
	switch line[0] {
	case '$', '=':
		b := make([]byte, n+2)
		for read := 0; read < len(b); {
			m, err := p.r.Read(b[read:])
			if err != nil {
				p.t.Fatal(err)
			}
			read += m
		}
		return []string{strings.TrimPrefix(fmt.Sprintf("%c%q", line[0], b[:n]), "$")}
	case '>':
		for range n {
			p.reply()
		}
		return p.reply()
	case '*', '~', '%':
		if line[0] == '%' {
			n *= 2
		}
		lines := []string{line}
		for range n {
			for _, l := range p.reply() {
				lines = append(lines, "  "+l)
			}
		}
		return lines
	}
	return []string{line}
}

func (p *peer) do(command string) []string {
	p.t.Helper()
	p.send(request(p.t, command))
	return p.reply()
}

// TestAnswers compares the server's replies with the recorded ones of Redis.
func TestAnswers(t *testing.T) {
	s, _ := start(t, Config{})
	p := dial(t, s.Addr().String())
	for _, a := range readAnswers(t) {
		if a.comment {
			continue
		}
		if got := strings.Join(p.do(a.command), "\n"); !a.differs && got != strings.Join(a.reply, "\n") {
			t.Errorf("%s\nanswers  %s\nexpected %s", a.command, got, strings.Join(a.reply, "\n         "))
		}
	}
}

// TestAnswersOfRedis compares the replies of redis-server with the recorded ones, or records them.
func TestAnswersOfRedis(t *testing.T) {
	p := dial(t, startRedis(t))
	answers := readAnswers(t)
	if *record {
		var b bytes.Buffer
		for _, a := range answers {
			if a.comment {
				fmt.Fprintln(&b, a.command)
				continue
			}
			if a.differs {
				p.do(a.command)
				fmt.Fprintf(&b, "! %s\n", a.command)
				continue
			}
			fmt.Fprintf(&b, "> %s\n%s\n", a.command, strings.Join(p.do(a.command), "\n"))
		}
		if err := os.WriteFile(answersFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, a := range answers {
		if a.comment {
			continue
		}
		if got := strings.Join(p.do(a.command), "\n"); !a.differs && got != strings.Join(a.reply, "\n") {
			t.Errorf("%s\nredis-server answers %s\nrecorded             %s", a.command, got, strings.Join(a.reply, "\n"))
		}
	}
}

// startRedis starts a redis-server of the version whose answers are recorded.
func startRedis(t *testing.T) (addr string) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server on PATH to compare with")
	}
	version, err := exec.Command(path, "--version").Output()
	if err != nil || !regexp.MustCompile(` v=7\.0\.`).Match(version) {
		t.Skipf("the answers are those of redis-server 7.0, this one is %s", version)
	}
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir,
		"--logfile", filepath.Join(dir, "log"), "--daemonize", "no")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // another process has no event to wait for
		nc, err := net.Dial("tcp", addr)
		if err == nil {
			nc.Close()
			return addr
		}
		if time.Now().After(deadline) {
			t.Fatalf("redis-server does not listen: %v", err)
		}
	}
}
