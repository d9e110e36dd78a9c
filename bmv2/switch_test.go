package bmv2

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"
)

// fakeEnv turns the test binary into a switch that serves, dies, never listens or ignores SIGTERM, or
// into a parent that starts a switch and waits to be killed.
const fakeEnv = "NOPAXOS_TEST_SWITCH"

func TestMain(m *testing.M) {
	switch os.Getenv(fakeEnv) {
	case "":
		os.Exit(m.Run())
	case "serves":
		serve()
	case "dies":
		fmt.Fprintln(os.Stderr, "Cpu port 510 is used as a data port")
		os.Exit(3)
	case "silent":
		time.Sleep(time.Hour)
	case "ignores SIGTERM":
		signal.Ignore(syscall.SIGTERM)
		serve()
	case "parent":
		parent()
	}
}

// answers is a P4Runtime server that implements only Capabilities.
type answers struct {
	p4v1.UnimplementedP4RuntimeServer
}

func (answers) Capabilities(context.Context, *p4v1.CapabilitiesRequest) (*p4v1.CapabilitiesResponse, error) {
	return &p4v1.CapabilitiesResponse{P4RuntimeApiVersion: "1.3.0"}, nil
}

func serve() {
	address := os.Args[slices.Index(os.Args, "--grpc-server-addr")+1]
	l, err := net.Listen("unix", strings.TrimPrefix(address, "unix:"))
	if err != nil {
		panic(err)
	}
	s := grpc.NewServer()
	p4v1.RegisterP4RuntimeServer(s, answers{})
	panic(s.Serve(l))
}

// parent starts a switch, prints its process id, and waits.
func parent() {
	os.Setenv(fakeEnv, "serves")
	s, err := Start(context.Background(), Config{Binary: os.Args[0], P4Runtime: os.Args[1]})
	if err != nil {
		panic(err)
	}
	fmt.Println(s.PID())
	time.Sleep(time.Hour)
}

// fake returns the Config of a fake switch.
func fake(t *testing.T, kind string) Config {
	t.Helper()
	t.Setenv(fakeEnv, kind)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{Binary: self, P4Runtime: "unix:" + filepath.Join(t.TempDir(), "p4runtime")}
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// gone waits until a process has ended.
func gone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); syscall.Kill(pid, 0) != syscall.ESRCH; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

func TestStartAndStop(t *testing.T) {
	s, err := Start(within(t, time.Minute), fake(t, "serves"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Err(); err != nil {
		t.Errorf("Err of a running switch: %v", err)
	}
	s.Stop()
	s.Stop()
	if err := s.Err(); err != nil {
		t.Errorf("Err of a stopped switch: %v", err)
	}
	gone(t, s.PID())
}

func TestStopKillsSwitchThatIgnoresSIGTERM(t *testing.T) {
	s, err := Start(within(t, time.Minute), fake(t, "ignores SIGTERM"))
	if err != nil {
		t.Fatal(err)
	}
	s.Stop()
	gone(t, s.PID())
}

func TestSwitchDies(t *testing.T) {
	_, err := Start(within(t, time.Minute), fake(t, "dies"))
	if err == nil || !strings.Contains(err.Error(), "exit status 3: its last output: Cpu port 510 is used as a data port") {
		t.Errorf("Start: %v", err)
	}
	s, err := Start(within(t, time.Minute), fake(t, "serves"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-s.Ended()
	if err := s.Err(); err == nil || !strings.Contains(err.Error(), "signal: killed") {
		t.Errorf("the switch ended with %v", err)
	}
}

func TestSwitchNeverListens(t *testing.T) {
	_, err := Start(within(t, 200*time.Millisecond), fake(t, "silent"))
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "does not answer") {
		t.Errorf("Start: %v", err)
	}
}

func TestNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), Config{P4Runtime: "127.0.0.1:9559"})
	if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "p4lang-bmv2") {
		t.Errorf("Start: %v", err)
	}
}

func TestNoInterface(t *testing.T) {
	c := fake(t, "serves")
	c.Ports = []Port{{Number: 1, Interface: "no-such-thing"}}
	_, err := Start(t.Context(), c)
	if !errors.Is(err, ErrNoInterface) || !strings.Contains(err.Error(), "port 1: interface no-such-thing") {
		t.Errorf("Start: %v", err)
	}
}

// TestNoOrphan checks that a switch dies with its parent, even if the parent is killed.
func TestNoOrphan(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux kills a child with its parent")
	}
	c := fake(t, "parent")
	cmd := exec.Command(c.Binary, c.P4Runtime)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	gone(t, pid)
}
