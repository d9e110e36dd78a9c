//go:build linux

package netlab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newLab makes a lab that ends with the test. It skips the test if this machine or user cannot have labs.
func newLab(t *testing.T) *Lab {
	t.Helper()
	lab, err := New()
	if errors.Is(err, ErrNotSupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lab.Close(); err != nil {
			t.Error(err)
		}
	})
	return lab
}

func addNode(t *testing.T, lab *Lab, name string) *Node {
	t.Helper()
	n, err := lab.AddNode(name)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func must(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, ErrNotSupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// pair makes two nodes with a cable: a has 10.0.0.1, b has 10.0.0.2.
func pair(t *testing.T, lab *Lab) (a, b *Node) {
	t.Helper()
	a, b = addNode(t, lab, "a"), addNode(t, lab, "b")
	must(t, lab.Link(
		Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.1/24")},
		Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.2/24"), MTU: 1400, Raw: true,
			MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}}))
	return a, b
}

// datagrams listens on a node.
func datagrams(t *testing.T, n *Node, address string) net.PacketConn {
	t.Helper()
	var conn net.PacketConn
	must(t, n.Do(func() (err error) {
		conn, err = net.ListenPacket("udp4", address)
		return err
	}))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// dial connects from a node.
func dial(t *testing.T, n *Node, network, address string) net.Conn {
	t.Helper()
	conn, err := n.Dial(context.Background(), network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// arrive sends datagrams one by one and returns the number of those that arrive.
func arrive(t *testing.T, from net.Conn, to net.PacketConn, count int) int {
	t.Helper()
	buffer := make([]byte, 16)
	read := func(patience time.Duration) bool {
		if err := to.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		_, _, err := to.ReadFrom(buffer)
		return err == nil
	}
	got := 0
	for range count {
		if _, err := from.Write([]byte("one")); err != nil {
			t.Fatal(err)
		}
		// A virtual cable delivers before the call returns.
		if read(time.Millisecond) {
			got++
		}
	}
	for read(10 * time.Millisecond) { // datagrams that arrived while this test was descheduled
		got++
	}
	return got
}

func TestNodesTalk(t *testing.T) {
	lab := newLab(t)
	a, b := pair(t, lab)
	server := datagrams(t, b, "10.0.0.2:9000")
	client := dial(t, a, "udp4", "10.0.0.2:9000")
	if got := arrive(t, client, server, 10); got != 10 {
		t.Errorf("%d of 10 datagrams arrived", got)
	}
	must(t, b.Do(func() error {
		i, err := net.InterfaceByName("eth0")
		if err == nil && (i.MTU != 1400 || i.HardwareAddr.String() != "02:00:00:00:00:02") {
			t.Errorf("interface %+v", i)
		}
		return err
	}))
}

// A program that reads whole frames sees complete checksums.
func TestRawPortsHaveChecksums(t *testing.T) {
	lab := newLab(t)
	a, b := pair(t, lab)
	frames := -1
	must(t, a.Do(func() (err error) {
		const ipv4 = 0x0008 // in network byte order
		frames, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, ipv4)
		return err
	}))
	defer unix.Close(frames)
	if _, err := dial(t, b, "udp4", "10.0.0.1:9000").Write([]byte("data")); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 2048)
	n, _, err := unix.Recvfrom(frames, buffer, 0)
	if err != nil {
		t.Fatal(err)
	}
	const headerBytes, addressesAt = 20, 12
	udp := buffer[headerBytes:n]
	pseudo := append(slices.Clone(buffer[addressesAt:headerBytes]), 0, unix.IPPROTO_UDP, 0, byte(len(udp)))
	if sum := onesComplement(append(pseudo, udp...)); sum != 0xffff {
		t.Errorf("checksum of %x is wrong: the sum is %#x, expected 0xffff (RFC 768)", buffer[:n], sum)
	}
}

// onesComplement adds 16-bit words as the Internet checksum does (RFC 1071).
func onesComplement(b []byte) uint32 {
	sum := uint32(0)
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(b[0])<<8 | uint32(b[1])
		sum = sum&0xffff + sum>>16
	}
	return sum
}

func TestLossesAndPartitions(t *testing.T) {
	lab := newLab(t)
	a, b := pair(t, lab)
	server := datagrams(t, b, "10.0.0.2:9000")
	client := dial(t, a, "udp4", "10.0.0.2:9000")
	back := datagrams(t, a, "10.0.0.1:9000")
	reverse := dial(t, b, "udp4", "10.0.0.1:9000")
	own := dial(t, b, "udp4", "10.0.0.2:9000")
	const count = 400
	for _, c := range []struct {
		name        string
		losses      []Loss
		least, most int // of the datagrams from a to b
	}{
		{"none", nil, count, count},
		{"half", []Loss{{Share: 0.5}}, count / 3, count * 2 / 3},
		{"one way", []Loss{{From: netip.MustParsePrefix("10.0.0.1/32"), Share: 1}}, 0, 0},
		{"a prefix", []Loss{{From: netip.MustParsePrefix("10.0.0.1/24"), Share: 1}}, 0, 0},
		{"another prefix", []Loss{{From: netip.MustParsePrefix("10.0.1.1/24"), Share: 1}}, count, count},
		{"two that apply", []Loss{{Share: 0.5}, {From: netip.MustParsePrefix("10.0.0.1/32"), Share: 0.5}}, count / 8, count * 3 / 8},
		{"none again", nil, count, count},
	} {
		must(t, b.Lose(c.losses...))
		if got := arrive(t, client, server, count); got < c.least || got > c.most {
			t.Errorf("%s: %d of %d arrived, expected %d to %d", c.name, got, count, c.least, c.most)
		}
		if got := arrive(t, reverse, back, 10); got != 10 {
			t.Errorf("%s: %d of 10 arrived in the other direction", c.name, got)
		}
		if got := arrive(t, own, server, 10); got != 10 {
			t.Errorf("%s: %d of 10 arrived from the node itself", c.name, got)
		}
	}
	for _, l := range []Loss{{Share: 1.1}, {Share: -1}, {From: netip.MustParsePrefix("fd00::/8"), Share: 1}} {
		if err := b.Lose(l); err == nil {
			t.Errorf("%v was accepted", l)
		}
	}
}

// Three hosts on a switch; a pulled cable cuts one off but keeps its addresses.
func TestBridgeAndPulledCable(t *testing.T) {
	lab := newLab(t)
	sw := addNode(t, lab, "switch")
	var hosts []*Node
	for i, name := range []string{"p1", "p2", "p3"} {
		h := addNode(t, lab, name)
		must(t, lab.Link(
			Port{Node: h, Name: "eth0", Address: netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), 24)},
			Port{Node: sw, Name: name}))
		hosts = append(hosts, h)
	}
	must(t, sw.Bridge("br0", "p1", "p2", "p3"))
	server := datagrams(t, hosts[2], "10.0.0.3:9000")
	one, two := dial(t, hosts[0], "udp4", "10.0.0.3:9000"), dial(t, hosts[1], "udp4", "10.0.0.3:9000")
	own := dial(t, hosts[2], "udp4", "10.0.0.3:9000")
	eventually(t, "the switch forwards", func() bool { return arrive(t, one, server, 1) == 1 && arrive(t, two, server, 1) == 1 })
	must(t, sw.Port("p3").Down())
	if got := arrive(t, one, server, 10); got != 0 {
		t.Errorf("%d datagrams arrived through a cable that was pulled", got)
	}
	if got := arrive(t, own, server, 10); got != 10 {
		t.Errorf("%d of 10 arrived from the node itself", got)
	}
	must(t, sw.Port("p3").Up())
	eventually(t, "the cable works again", func() bool { return arrive(t, one, server, 1) == 1 })
}

// A mute port receives, but loses the packets that it sends.
func TestMute(t *testing.T) {
	lab := newLab(t)
	a, b := addNode(t, lab, "a"), addNode(t, lab, "b")
	must(t, lab.Link(
		Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.1/24")},
		Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.0.0.2/24")}))
	atA, atB := datagrams(t, a, "10.0.0.1:9000"), datagrams(t, b, "10.0.0.2:9000")
	toA, toB := dial(t, b, "udp4", "10.0.0.1:9000"), dial(t, a, "udp4", "10.0.0.2:9000")
	eventually(t, "both ways work", func() bool { return arrive(t, toA, atA, 1) == 1 && arrive(t, toB, atB, 1) == 1 })
	must(t, a.Port("eth0").Mute())
	if got := arrive(t, toB, atB, 10); got != 0 {
		t.Errorf("%d datagrams arrived from a mute port", got)
	}
	if got := arrive(t, toA, atA, 10); got != 10 {
		t.Errorf("%d of 10 arrived at a mute port", got)
	}
}

// eventually polls a condition that the kernel establishes asynchronously.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	const patience = 10 * time.Second
	for deadline := time.Now().Add(patience); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// a - router - b
func TestRouter(t *testing.T) {
	lab := newLab(t)
	a, r, b := addNode(t, lab, "a"), addNode(t, lab, "r"), addNode(t, lab, "b")
	must(t, lab.Link(
		Port{Node: a, Name: "eth0", Address: netip.MustParsePrefix("10.0.1.2/24")},
		Port{Node: r, Name: "eth1", Address: netip.MustParsePrefix("10.0.1.1/24")}))
	must(t, lab.Link(
		Port{Node: b, Name: "eth0", Address: netip.MustParsePrefix("10.0.2.2/24")},
		Port{Node: r, Name: "eth2", Address: netip.MustParsePrefix("10.0.2.1/24")}))
	must(t, r.Router())
	everywhere := netip.MustParsePrefix("0.0.0.0/0")
	must(t, a.Route(everywhere, netip.MustParseAddr("10.0.1.1")))
	must(t, b.Route(everywhere, netip.MustParseAddr("10.0.2.1")))
	if got := arrive(t, dial(t, a, "udp4", "10.0.2.2:9000"), datagrams(t, b, "10.0.2.2:9000"), 10); got == 0 {
		t.Error("nothing arrived through the router")
	}
}

// A process on a node runs in the node's namespace and ends with the lab.
func TestProcesses(t *testing.T) {
	lab := newLab(t)
	n := addNode(t, lab, "n")
	out, err := output(n, "readlink", "/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	mine, err := os.Readlink("/proc/self/ns/net")
	if err != nil || out == mine {
		t.Errorf("the process is in namespace %s, as is this one (%v)", out, err)
	}
	forever := exec.Command("sleep", "1000")
	must(t, n.Start(forever))
	must(t, lab.Close())
	if err := forever.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("the process ended with %v, expected to be killed", err)
	}
	if err := n.Start(exec.Command("true")); err == nil {
		t.Error("a process was started in a closed lab")
	}
	if _, err := os.Stat(filepath.Join(namespaceDir, n.namespace)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the namespace's name is still there: %v", err)
	}
}

// output runs a program on a node.
func output(n *Node, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := n.Start(cmd); err != nil {
		return "", err
	}
	text, err := io.ReadAll(pipe)
	return strings.TrimSpace(string(text)), errors.Join(err, cmd.Wait())
}

// Processes started after SetClock have the shifted clock.
func TestClocks(t *testing.T) {
	lab := newLab(t)
	n := addNode(t, lab, "n")
	uptime := func() time.Duration {
		t.Helper()
		text, err := output(n, "cat", "/proc/uptime")
		if err != nil {
			t.Fatal(err)
		}
		d, err := time.ParseDuration(strings.Fields(text)[0] + "s")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := uptime()
	for _, offset := range []time.Duration{100 * time.Hour, -before / 2, 0} {
		must(t, n.SetClock(offset))
		const slack = time.Minute
		if got := uptime() - before - offset; got.Abs() > slack {
			t.Errorf("a clock set ahead by %v is ahead by %v", offset, got+offset)
		}
	}
}

// removeLeftovers removes the names of killed processes and keeps those of live ones and of other programs.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	me, err := self()
	if err != nil {
		t.Fatal(err)
	}
	dead := owner{me.pid, me.start + 1} // a process whose id this one reuses
	names := []string{me.namespace(1, "a"), dead.namespace(1, "b.c"), "nopaxos", "nopaxos.x.1.1.a", "other.1.1.1.a"}
	for _, name := range names {
		must(t, os.WriteFile(filepath.Join(dir, name), nil, 0o444))
	}
	must(t, removeLeftovers(dir))
	must(t, removeName(dir, names[1])) // gone already
	entries, err := os.ReadDir(dir)
	must(t, err)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := slices.Delete(slices.Clone(names), 1, 2)
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left %v, expected %v", left, want)
	}
	must(t, removeLeftovers(filepath.Join(dir, "none")))
}

func TestNames(t *testing.T) {
	o := owner{4711, 98765}
	got, ok := ownerOf(o.namespace(3, "replica-0"))
	if !ok || got != o {
		t.Errorf("got %v, %v", got, ok)
	}
	for _, name := range []string{"", "nopaxos", "nopaxos.1.2.3", "nopaxos.-1.2.3.a", "nopaxos.1.x.3.a", "x.1.2.3.a"} {
		if o, ok := ownerOf(name); ok {
			t.Errorf("%q belongs to %v", name, o)
		}
	}
}
