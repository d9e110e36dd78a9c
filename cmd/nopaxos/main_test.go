package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/internal/cli"
)

// asProgram makes the test binary be the nopaxos binary, so that what starts processes can be tested.
const asProgram = "NOPAXOS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Setenv(asProgram, "1") // for the processes that tests start
		os.Exit(m.Run())
	}
	cli.Main(rootCommand())
}

// nopaxos runs a command line in this process.
func nopaxos(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), rootCommand(), args, strings.NewReader(""), &o, &e)
	return code, o.String(), e.String()
}

const testCluster = `name: lab
key_file: cluster.key
controllers:
  - {address: CONTROLLER, dir: controller-0}
sequencers:
  - {name: a, p4runtime: P4RUNTIME, data: DATA}
groups:
  - name: kv
    address: 10.97.0.1
    f: 0
    replicas:
      - {address: REPLICA, dir: replica-0}
kv:
  - {resp: RESP, group: kv}
`

// writeCluster writes a cluster file in which every address is the one that is taken.
func writeCluster(t *testing.T, taken string) string {
	t.Helper()
	dir := t.TempDir()
	if err := cluster.WriteKey(filepath.Join(dir, "cluster.key")); err != nil {
		t.Fatal(err)
	}
	text := testCluster
	for i, name := range []string{"CONTROLLER", "P4RUNTIME", "DATA", "REPLICA", "RESP"} {
		address := "127.0.0." + string(rune('2'+i)) + ":" + taken
		text = strings.ReplaceAll(text, name, address)
	}
	path := filepath.Join(dir, "cluster.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A wrong command line or cluster file is one line and exit status 2.
func TestUsageErrors(t *testing.T) {
	good := writeCluster(t, "9")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("name: lab\nreplicas: 3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	badFile := "nopaxos: " + bad + ":2: replicas: is an unknown key, expected one of name, mtu, key_file, client_key_file, controllers, topology, sequencers, groups, kv, timing, limits, clients\n"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"controller", "--cluster", bad}, badFile},
		{[]string{"sequencer", "--cluster", bad}, badFile},
		{[]string{"replica", "--cluster", bad}, badFile},
		{[]string{"kv", "--cluster", bad}, badFile},
		{[]string{"client", "--cluster", bad, "GET", "a"}, badFile},
		{[]string{"status", "--cluster", bad}, badFile},
		{[]string{"bootstrap", "--cluster", bad}, badFile},
		{[]string{"replica"}, "nopaxos: --cluster is not set, expected a cluster file\n"},
		{[]string{"replica", "--cluster", good, "--index", "1"}, "nopaxos: --index is 1, expected 0 to 0: " + good + " has 1 in replicas\n"},
		{[]string{"replica", "--cluster", good, "--group", "x"}, "nopaxos: " + good + ":7: groups: have no \"x\", expected one of the names [\"kv\"]\n"},
		{[]string{"frobnicate"}, "nopaxos: unknown command \"frobnicate\" for \"nopaxos\"\n"},
		{[]string{"status", "--frob"}, "nopaxos: unknown flag: --frob\n"},
		{[]string{"status", "--cluster", good, "--wait", "ok"}, "nopaxos: --wait is \"ok\", expected whole or serving\n"},
		{[]string{"status", "--cluster", good, "--timeout", "-1s"}, "nopaxos: --timeout is -1s, expected a positive time\n"},
		{[]string{"dev", "--replicas", "4"}, "nopaxos: --replicas is 4, expected an odd number from 1 to 63: 2f+1 survive f failures\n"},
		{[]string{"dev", "--replicas", "0"}, "nopaxos: --replicas is 0, expected an odd number from 1 to 63: 2f+1 survive f failures\n"},
		{[]string{"dev", "--sequencers", "0"}, "nopaxos: --sequencers is 0, expected 1 to 16\n"},
		{[]string{"dev", "--sequencers", "17"}, "nopaxos: --sequencers is 17, expected 1 to 16\n"},
		{[]string{"dev", "--resp", "here"}, "nopaxos: --resp is \"here\", expected an IP address and port like 127.0.0.1:7379\n"},
	} {
		t.Run(strings.Join(c.args[:1], " "), func(t *testing.T) {
			code, out, errOut := nopaxos(t, c.args...)
			if code != cli.ExitUsage || errOut != c.want || out != "" {
				t.Errorf("%v: exit %d\ngot  %swant %s", c.args, code, errOut, c.want)
			}
		})
	}
}

// A port in use is one line with the role and the address, and exit status 1.
func TestPortInUse(t *testing.T) {
	hold := func(network, address string) string {
		t.Helper()
		var port string
		if network == "udp" {
			c, err := net.ListenPacket(network, address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			_, port, _ = net.SplitHostPort(c.LocalAddr().String())
			return port
		}
		l, err := net.Listen(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		_, port, _ = net.SplitHostPort(l.Addr().String())
		return port
	}
	for _, c := range []struct{ role, network, address string }{
		{"controller", "tcp", "127.0.0.2"},
		{"sequencer", "tcp", "127.0.0.3"},
		{"sequencer", "udp", "127.0.0.4"},
		{"replica", "udp", "127.0.0.5"},
		{"kv", "tcp", "127.0.0.6"},
	} {
		t.Run(c.role+" "+c.network, func(t *testing.T) {
			port := hold(c.network, c.address+":0")
			file := writeCluster(t, port)
			if c.role == "replica" {
				if code, _, errOut := nopaxos(t, "bootstrap", "--cluster", file); code != cli.ExitOK {
					t.Fatal(errOut)
				}
			}
			code, _, errOut := nopaxos(t, c.role, "--cluster", file)
			if code != cli.ExitFailure || !strings.HasPrefix(errOut, "nopaxos: "+c.role+"-0: ") ||
				!strings.Contains(errOut, c.address+":"+port) || strings.Count(errOut, "\n") != 1 {
				t.Errorf("exit %d: %s", code, errOut)
			}
		})
	}
}

func TestVersionAndHelp(t *testing.T) {
	if code, out, _ := nopaxos(t, "--version"); code != cli.ExitOK || out != "nopaxos devel\n" {
		t.Errorf("--version: exit %d, %q", code, out)
	}
	if code, out, _ := nopaxos(t, "version"); code != cli.ExitOK || !strings.HasPrefix(out, "nopaxos devel go1.") {
		t.Errorf("version: exit %d, %q", code, out)
	}
	code, out, _ := nopaxos(t, "help")
	if code != cli.ExitOK {
		t.Errorf("help: exit %d", code)
	}
	for _, name := range []string{"dev", "controller", "sequencer", "replica", "kv", "client", "status", "roll", "keygen", "bootstrap", "completion"} {
		if !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("help does not list %s", name)
		}
	}
	if code, out, _ := nopaxos(t, "completion", "bash"); code != cli.ExitOK || len(out) == 0 {
		t.Errorf("completion: exit %d, %d bytes", code, len(out))
	}
}

// A replica is neither bootstrapped without the cluster key nor started with the record of another one.
func TestRecordOfAnother(t *testing.T) {
	file := writeCluster(t, "9")
	key := filepath.Join(filepath.Dir(file), "cluster.key")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	for _, flags := range [][]string{nil, {"--discard-state"}} {
		code, _, errOut := nopaxos(t, append([]string{"bootstrap", "--cluster", file}, flags...)...)
		if code != cli.ExitUsage || !strings.Contains(errOut, "key_file") {
			t.Errorf("bootstrap %v without a key: exit %d: %s", flags, code, errOut)
		}
	}
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "replica-0")); !os.IsNotExist(err) {
		t.Errorf("bootstrap without a key left the replica's directory: %v", err)
	}
	if err := os.Rename(key+".away", key); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := nopaxos(t, "bootstrap", "--cluster", file); code != cli.ExitOK {
		t.Fatal(errOut)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), "name: lab", "name: other", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := nopaxos(t, "replica", "--cluster", file)
	if code != cli.ExitFailure || !strings.Contains(errOut,
		`the record belongs to another replica: replica 0 of group 10.97.0.1 in cluster "lab", expected replica 0 of group 10.97.0.1 in cluster "other"`) {
		t.Errorf("start with another cluster's record: exit %d: %s", code, errOut)
	}
}

func TestReplicaWithoutRecord(t *testing.T) {
	file := writeCluster(t, "9")
	code, _, errOut := nopaxos(t, "replica", "--cluster", file)
	if code != cli.ExitFailure || !strings.Contains(errOut, "no record of the replica") {
		t.Errorf("exit %d: %s", code, errOut)
	}
	if code, _, errOut := nopaxos(t, "bootstrap", "--cluster", file); code != cli.ExitOK {
		t.Fatalf("bootstrap: exit %d: %s", code, errOut)
	}
	if code, _, errOut := nopaxos(t, "bootstrap", "--cluster", file); code != cli.ExitFailure || !strings.Contains(errOut, "has a record already") {
		t.Errorf("second bootstrap: exit %d: %s", code, errOut)
	}
}
