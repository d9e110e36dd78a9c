package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/bmv2"
	"github.com/netordered/nopaxos/internal/cli"
)

const topologyFile = `name: fabric
key_file: cluster.key
controllers:
  - {address: 10.255.0.1:9600, dir: controller}
topology:
  management: 10.255.0.0/24
  switches:
    - {name: s1, kind: bmv2, device_id: 7, p4runtime: 127.0.0.1:9559}
    - {name: t1, kind: tofino, device_id: 8, p4runtime: 127.0.0.1:9560, program: oum.bin}
  links: ["s1/1 - t1/128"]
  hosts:
    - {name: h1, address: 10.0.1.2, mac: "02:00:00:00:00:01", port: s1/3, gateway: 10.0.1.1}
sequencers:
  - {name: s1, kind: bmv2}
groups:
  - name: kv
    address: 10.97.0.1
    f: 0
    replicas:
      - {address: 10.0.1.2:9701, dir: r0}
`

func TestBMv2Refuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte(topologyFile), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	tests := []struct {
		args string
		want string
	}{
		{"", "--port is not set"},
		{"--port eth0", `--port is "eth0", expected NUMBER@INTERFACE`},
		{"--port 1@lo", "simple_switch_grpc is not installed: it is not on the PATH. It comes with the package p4lang-bmv2"},
		{"--port 1@lo --port 1@eth0", "port number 1 appears twice"},
		{"--port 1@no-such-thing --binary /bin/false", "interface no-such-thing: there is no such network interface"},
		{"--port 1@lo --log-level loud", `log level is "loud"`},
		{"--port 1@lo --switch s1", "--cluster is not set"},
		{"--port 1@lo --switch s2 --cluster " + file, `--switch is "s2", expected the name of a switch`},
		{"--port 1@lo --switch t1 --cluster " + file, `--switch is "t1", whose kind is tofino`},
		{"--port 1@lo --device-id 2 --switch s1 --cluster " + file, "--device-id and --p4runtime are what the cluster file says"},
	}
	for _, tt := range tests {
		code, _, errOut := nopaxos(t, append([]string{"bmv2"}, strings.Fields(tt.args)...)...)
		if code != cli.ExitUsage || !strings.Contains(errOut, tt.want) || strings.Count(errOut, "\n") != 1 {
			t.Errorf("bmv2 %s: exit %d, %q; expected %d and one line with %q", tt.args, code, errOut, cli.ExitUsage, tt.want)
		}
	}
}

func TestBMv2FromClusterFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte(topologyFile), 0o600); err != nil {
		t.Fatal(err)
	}
	f := bmv2Flags{cluster: file, switchName: "s1", ports: []string{"3@lo"}}
	if err := f.complete(func(string) bool { return false }); err != nil {
		t.Fatal(err)
	}
	if c := f.config; c.DeviceID != 7 || c.P4Runtime != "127.0.0.1:9559" || c.Ports[0].String() != "3@lo" {
		t.Errorf("the switch has the configuration %+v", c)
	}
}

// TestBMv2Runs starts a switch, sees that it serves, and stops it.
func TestBMv2Runs(t *testing.T) {
	if _, err := bmv2.Find(); err != nil {
		t.Skip(err)
	}
	if os.Getuid() != 0 {
		t.Skip("a switch's packet sockets need root")
	}
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	ended := make(chan int, 1)
	var errOut strings.Builder
	go func() {
		args := []string{"bmv2", "--port", "1@lo", "--device-id", "7", "--p4runtime", "unix:" + filepath.Join(t.TempDir(), "p4")}
		ended <- cli.Run(ctx, rootCommand(), args, strings.NewReader(""), write, &errOut)
		write.Close()
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "bmv2: device 7 serves P4Runtime at unix:") {
		t.Errorf("the switch says %q, %v", line, err)
	}
	stop()
	if code := <-ended; code != cli.ExitOK {
		t.Errorf("exit %d, expected %d: %s", code, cli.ExitOK, &errOut)
	}
}
