//go:build linux

package packettest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/lab/netlab"
	"github.com/netordered/nopaxos/lab/packettest"
	"github.com/netordered/nopaxos/lab/packettest/veth"
	"github.com/netordered/nopaxos/p4src"
)

// bmv2DeviceID is the switch's device id.
const bmv2DeviceID = 3

// TestBMv2Packets runs the suite on p4src/oum.p4. One switch serves all cases, since every push of the
// pipeline wipes the registers.
func TestBMv2Packets(t *testing.T) {
	target := startBMv2(t, newBMv2Bench(t))
	packettest.Run(t, func(*testing.T) packettest.Target { return target })
}

// TestBMv2Conduct pins the behavior of BMv2's P4Runtime server. Each row starts a switch.
func TestBMv2Conduct(t *testing.T) {
	bench := newBMv2Bench(t)
	packettest.RunConduct(t, packettest.PI, func(t *testing.T) packettest.Target { return startBMv2(t, bench) })
}

// bmv2Target is a switch on a bench.
type bmv2Target struct {
	*veth.Bench
	client  p4v1.P4RuntimeClient
	program []byte // for the next push
}

// newBMv2Bench makes the network of a switch, or skips the test with the reason.
func newBMv2Bench(t testing.TB) *veth.Bench {
	t.Helper()
	if _, err := bmv2.Find(); err != nil {
		t.Skip(err)
	}
	bench, err := veth.New()
	if errors.Is(err, netlab.ErrNotSupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bench.Close(); err != nil {
			t.Error(err)
		}
	})
	return bench
}

// startBMv2 starts a switch.
func startBMv2(t testing.TB, bench *veth.Bench) *bmv2Target {
	t.Helper()
	// The names of test directories are too long for a socket.
	dir, err := os.MkdirTemp("", "bmv2")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	c := bmv2.Config{
		DeviceID: bmv2DeviceID, Node: bench.Node(), LogLevel: "off",
		// Every network namespace can reach a socket in the file system.
		P4Runtime: "unix:" + filepath.Join(dir, "p4runtime"),
	}
	for p := 1; p <= packettest.Ports; p++ {
		c.Ports = append(c.Ports, bmv2.Port{Number: uint16(p), Interface: veth.Interface(p)})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	sw, err := bmv2.Start(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sw.Err(); err != nil {
			t.Error(err)
		}
		sw.Stop()
	})
	conn, err := sw.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &bmv2Target{Bench: bench, client: p4v1.NewP4RuntimeClient(conn), program: p4src.BMv2Config()}
}

func (s *bmv2Target) P4Runtime() (p4v1.P4RuntimeClient, uint64) { return s.client, bmv2DeviceID }

// DeviceConfig returns the program. After Preload it returns the changed program once.
func (s *bmv2Target) DeviceConfig() []byte {
	program := s.program
	s.program = p4src.BMv2Config()
	return program
}

// Lacks returns "": the switch has all features.
func (s *bmv2Target) Lacks(packettest.Features) string { return "" }

// Counted returns the length of the whole frame.
func (s *bmv2Target) Counted(frame []byte) int { return len(frame) }

// Preload changes the program for the next push: a controller cannot write the registers, but the number
// before a session's first message is a constant of the program.
func (s *bmv2Target) Preload(_ uint16, _ uint32, number uint64) error {
	program, err := startAfter(p4src.BMv2Config(), number)
	if err != nil {
		return err
	}
	s.program = program
	return nil
}

// startAfter changes a compiled program so that a new session's numbers continue after number: it
// replaces "number = 0" by "number = <number>".
func startAfter(program []byte, number uint64) ([]byte, error) {
	const zero = "0x0000000000000000"
	var root map[string]any
	if err := json.Unmarshal(program, &root); err != nil {
		return nil, fmt.Errorf("read the compiled program: %w", err)
	}
	changed := 0
	for _, a := range list(root["actions"]) {
		for _, p := range list(object(a)["primitives"]) {
			operands := list(object(p)["parameters"])
			if object(p)["op"] != "assign" || len(operands) != 2 {
				continue
			}
			to, from := list(object(operands[0])["value"]), object(operands[1])
			if len(to) == 2 && to[0] == "scalars" && strings.HasSuffix(fmt.Sprint(to[1]), "stamp_number") && from["value"] == zero {
				from["value"] = fmt.Sprintf("%#016x", number)
				changed++
			}
		}
	}
	if changed != 1 {
		return nil, fmt.Errorf("the compiled program sets a message number to 0 in %d places, expected 1", changed)
	}
	return json.Marshal(root)
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

// TestStartAfter checks that Preload can change the checked-in program. It needs no switch.
func TestStartAfter(t *testing.T) {
	program, err := startAfter(p4src.BMv2Config(), 1<<32-3)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(program), `"0x000000fffffffd"`) && !strings.Contains(string(program), `"0x00000000fffffffd"`) {
		t.Error("the program does not contain the number")
	}
}
