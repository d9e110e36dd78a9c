package cluster

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const good = `name: lab
mtu: 9000
key_file: cluster.key
controllers:
  - address: 127.0.0.1:9600
    http: 127.0.0.1:9601
    dir: controller-0
sequencers:
  - name: a
    kind: udp
    device_id: 1
    p4runtime: 127.0.0.1:9559
    data: 127.0.0.1:9797
    http: 127.0.0.1:9561
  - name: b
    device_id: 2
    p4runtime: 127.0.0.1:9560
    data: 127.0.0.1:9798
groups:
  - name: kv
    address: 10.97.0.1
    f: 1
    replicas:
      - address: 127.0.0.1:9701
        bulk: 127.0.0.1:9711
        http: 127.0.0.1:9721
        dir: replica-0
      - address: 127.0.0.1:9702
        dir: replica-1
      - address: 127.0.0.1:9703
        dir: replica-2
kv:
  - resp: 127.0.0.1:7379
    group: kv
    http: 127.0.0.1:7380
timing:
  suspect_leader: 50ms
`

func TestParse(t *testing.T) {
	f, err := Parse("/etc/nopaxos/cluster.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if f.Name != "lab" || f.MTU != 9000 || len(f.Sequencers) != 2 || f.Timing.SuspectLeader != 50*time.Millisecond {
		t.Errorf("read %+v", f)
	}
	if f.Timing.GapBound != 5*time.Millisecond || f.Limits.MaxLog != 1<<18 || f.KV[0].MaxConns != 10_000 {
		t.Errorf("without defaults: %+v, %+v, %+v", f.Timing, f.Limits, f.KV[0])
	}
	if s := f.Sequencers[1]; s.Kind != KindUDP || s.DeviceID != 2 || s.HTTP.IsValid() {
		t.Errorf("sequencer b: %+v", s)
	}
	g, ok := f.Group("kv")
	if !ok || g.Number() != 10<<24|97<<16|1 {
		t.Errorf("group kv: %v %+v", ok, g)
	}
	if r := g.Replicas[1]; r.Bulk != netip.MustParseAddrPort("127.0.0.1:9702") {
		t.Errorf("bulk address is %v, expected the datagram address", r.Bulk)
	}
	if got, want := f.Resolve(g.Replicas[0].Dir), "/etc/nopaxos/replica-0"; got != want {
		t.Errorf("Resolve: %s, expected %s", got, want)
	}
	if got := f.Resolve("/x"); got != "/x" {
		t.Errorf("Resolve of an absolute path: %s", got)
	}
}

func TestMarshalIsWhatParseReads(t *testing.T) {
	f, err := Parse("c.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	text, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse("c.yaml", text)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	f.lines, again.lines = nil, nil
	if !reflect.DeepEqual(f, again) {
		t.Errorf("wrote %+v\nread %+v", f, again)
	}
}

// The MTU of an Ethernet link counts headers that mtu does not. Larger values are for larger frames, and the loopback interface
// carries any.
func TestEthernetMTU(t *testing.T) {
	for _, c := range []struct {
		mtu     string
		machine string // of the last replica
		ok      bool
	}{
		{"1472", "10.0.0.1", true}, {"1473", "10.0.0.1", false}, {"1500", "10.0.0.1", false}, {"8972", "10.0.0.1", true},
		{"1500", "127.0.0.1", true},
	} {
		text := strings.Replace(good, "mtu: 9000", "mtu: "+c.mtu, 1)
		text = strings.Replace(text, "address: 127.0.0.1:9703", "address: "+c.machine+":9703", 1)
		_, err := Parse("c.yaml", []byte(text))
		want := "c.yaml:2: mtu: is " + c.mtu + " bytes of UDP payload, and an Ethernet frame of 1500 bytes carries less, " +
			"expected at most 1472, or on links with larger frames their MTU less 28 bytes of headers"
		if (err == nil) != c.ok || err != nil && err.Error() != want {
			t.Errorf("mtu %s with a replica at %s: %v", c.mtu, c.machine, err)
		}
	}
}

// Every error is one line with the file, the line, the key, the problem and the expected value.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		name     string
		old, new string // replaced in good, once
		want     string // the whole error
	}{
		{"unknown key at the top", "mtu: 9000", "mtuu: 9000",
			`c.yaml:2: mtuu: is an unknown key, expected one of name, mtu, key_file, client_key_file, controllers, topology, sequencers, groups, kv, timing, limits, clients`},
		{"unknown key below", "    f: 1", "    ff: 1",
			`c.yaml:22: groups[0].ff: is an unknown key, expected one of name, address, f, replicas`},
		{"key with a line break", "mtu: 9000", `"m\nt": 9000`,
			`c.yaml:2: "m\nt": is an unknown key, expected one of name, mtu, key_file, client_key_file, controllers, topology, sequencers, groups, kv, timing, limits, clients`},
		{"duplicate key", "mtu: 9000", "name: other",
			`c.yaml:2: name: is a duplicate of line 1, expected the key once`},
		{"missing key", "    f: 1\n", "",
			`c.yaml:20: groups[0].f: is missing, expected this key`},
		{"missing section", "controllers:\n  - address: 127.0.0.1:9600\n    http: 127.0.0.1:9601\n    dir: controller-0\n", "",
			`c.yaml:1: controllers: is missing, expected this key`},
		{"empty value", "name: lab", "name:",
			`c.yaml:1: name: is empty, expected a name of at most 63 letters, digits, '.', '_' and '-'`},
		{"bad name", "name: lab", "name: my lab",
			`c.yaml:1: name: is "my lab", expected a name of at most 63 letters, digits, '.', '_' and '-'`},
		{"list where a value belongs", "name: lab", "name: [lab]",
			`c.yaml:1: name: is a list, expected a name of at most 63 letters, digits, '.', '_' and '-'`},
		{"value where a list belongs", "    replicas:\n", "    replicas: 3\n    x:\n",
			`c.yaml:23: groups[0].replicas: is "3", expected a list`},
		{"value where a mapping belongs", "  suspect_leader: 50ms", "  50ms",
			`c.yaml:37: timing: is "50ms", expected a mapping with tick, tick_max, ping, suspect_leader, suspect_sequencer, view_change, retransmit, grace, gap_bound, sync_interval`},
		{"MTU that is no number", "mtu: 9000", "mtu: big",
			`c.yaml:2: mtu: is "big", expected a whole number from 256 to 65507`},
		{"MTU too large", "mtu: 9000", "mtu: 70000",
			`c.yaml:2: mtu: is "70000", expected a whole number from 256 to 65507`},
		{"address without port", "data: 127.0.0.1:9797", "data: 127.0.0.1",
			`c.yaml:13: sequencers[0].data: is "127.0.0.1", expected an IPv4 address and port like 10.0.0.3:9701 that others can reach`},
		{"address that is a name", "p4runtime: 127.0.0.1:9559", "p4runtime: switch:9559",
			`c.yaml:12: sequencers[0].p4runtime: is "switch:9559", expected an IP address and port like 10.0.0.3:9701 that others can reach`},
		{"wildcard that others should reach", "address: 127.0.0.1:9600", "address: 0.0.0.0:9600",
			`c.yaml:5: controllers[0].address: is "0.0.0.0:9600", expected an IP address and port like 10.0.0.3:9701 that others can reach`},
		{"replica on IPv6", "address: 127.0.0.1:9702", `address: "[::1]:9702"`,
			`c.yaml:28: groups[0].replicas[1].address: is "[::1]:9702", expected an IPv4 address and port like 10.0.0.3:9701 that others can reach`},
		{"port 0", "resp: 127.0.0.1:7379", "resp: 127.0.0.1:0",
			`c.yaml:33: kv[0].resp: is "127.0.0.1:0", expected an IP address and port like 10.0.0.3:9701`},
		{"group on IPv6", "address: 10.97.0.1", "address: fd00::1",
			`c.yaml:21: groups[0].address: is "fd00::1", expected an IPv4 unicast address like 10.97.0.1, which is the group's number`},
		{"group that is multicast", "address: 10.97.0.1", "address: 239.0.0.1",
			`c.yaml:21: groups[0].address: is "239.0.0.1", expected an IPv4 unicast address like 10.97.0.1, which is the group's number`},
		{"fewer than 2f+1 replicas", "      - address: 127.0.0.1:9703\n        dir: replica-2\n", "",
			`c.yaml:23: groups[0].replicas: has 2 items, expected 3, which is 2f+1 with f = 1`},
		{"more than 2f+1 replicas", "f: 1", "f: 0",
			`c.yaml:23: groups[0].replicas: has 3 items, expected 1, which is 2f+1 with f = 0`},
		{"negative f", "f: 1", "f: -1",
			`c.yaml:22: groups[0].f: is "-1", expected a whole number from 0 to 31`},
		{"a group too large for the data planes", "f: 1", "f: 32",
			`c.yaml:22: groups[0].f: is "32", expected a whole number from 0 to 31`},
		{"front-end without its group", "group: kv", "group: cache",
			`c.yaml:34: kv[0].group: is "cache", which does not exist, expected the name of one of the groups`},
		{"certificate without key", "    group: kv\n", "    group: kv\n    tls_cert: kv.crt\n",
			`c.yaml:35: kv[0].tls_cert: is set without tls_key, expected both or neither`},
		{"key without certificate", "    group: kv\n", "    group: kv\n    tls_key: kv.key\n",
			`c.yaml:35: kv[0].tls_key: is set without tls_cert, expected both or neither`},
		{"empty password file name", "    group: kv\n", "    group: kv\n    password_file:\n",
			`c.yaml:35: kv[0].password_file: is empty, expected a path`},
		{"unknown key of a front-end", "    group: kv\n", "    group: kv\n    password: secret\n",
			`c.yaml:35: kv[0].password: is an unknown key, expected one of resp, group, http, password_file, tls_cert, tls_key, max_connections, operation_timeout, write_timeout, max_request_bytes`},
		{"duplicate datagram address", "127.0.0.1:9702", "127.0.0.1:9797",
			`c.yaml:28: groups[0].replicas[1].address: 127.0.0.1:9797 is already used by sequencers[0].data on line 13, expected another address`},
		{"duplicate stream address", "http: 127.0.0.1:7380", "http: 127.0.0.1:9600",
			`c.yaml:35: kv[0].http: 127.0.0.1:9600 is already used by controllers[0].address on line 5, expected another address`},
		{"duplicate directory", "dir: replica-1", "dir: ./replica-0",
			`c.yaml:29: groups[0].replicas[1].dir: 127.0.0.1 replica-0 is already used by groups[0].replicas[0].dir on line 27, expected another directory`},
		{"group at the address of a machine", "address: 10.97.0.1", "address: 127.0.0.1",
			`c.yaml:21: groups[0].address: is 127.0.0.1, which is the machine of controllers[0].address on line 5, expected a virtual address that no machine has`},
		{"duplicate sequencer", "name: b", "name: a",
			`c.yaml:15: sequencers[1].name: a is already used by sequencers[0].name on line 9, expected another name`},
		{"two controllers", "sequencers:", "  - address: 127.0.0.1:9610\n    dir: controller-1\nsequencers:",
			`c.yaml:4: controllers: has 2 items, expected exactly one: the store of session numbers is embedded in it, and two stores would issue a number twice`},
		{"no such kind", "kind: udp", "kind: abacus",
			`c.yaml:10: sequencers[0].kind: is "abacus", expected one of udp, bmv2, tofino`},
		{"bad duration", "suspect_leader: 50ms", "suspect_leader: 50",
			`c.yaml:37: timing.suspect_leader: is "50", expected a duration above zero like 5ms`},
		{"impatient", "suspect_leader: 50ms", "suspect_leader: 6ms",
			`c.yaml:37: timing.suspect_leader: ping is 5ms and suspect_leader is 6ms, expected suspect_leader to be at least twice ping`},
		{"slow ticks", "suspect_leader: 50ms", "tick: 1s",
			`c.yaml:37: timing.tick: tick is 1s and suspect_sequencer is 30ms, expected suspect_sequencer to be at least twice tick`},
		{"no connections", "    group: kv\n", "    group: kv\n    max_connections: 0\n",
			`c.yaml:35: kv[0].max_connections: is "0", expected a whole number, at least 1`},
		{"limit that is no number", "timing:", "limits:\n  log_slots: 1e6\ntiming:",
			`c.yaml:37: limits.log_slots: is "1e6", expected a whole number, at least 1`},
		{"limit below its bound", "timing:", "limits:\n  window_slots: 8\ntiming:",
			`c.yaml:37: limits.window_slots: is "8", expected a whole number from 16 to 1048576`},
		{"window that is no power of two", "timing:", "limits:\n  window_slots: 100\ntiming:",
			`c.yaml:37: limits.window_slots: is 100, expected a power of two`},
		{"log that is too short for the default", "timing:", "limits:\n  sync_slots: 200000\ntiming:",
			`c.yaml:36: limits.log_slots: is 262144 and sync_slots is 200000, expected log_slots to be at least twice sync_slots`},
		{"chunk below the MTU", "timing:", "limits:\n  chunk_bytes: 8999\ntiming:",
			`c.yaml:37: limits.chunk_bytes: is 8999 and the MTU is 9000 bytes, expected chunk_bytes to be at least the MTU`},
		{"window of clients above the replicas' limit", "timing:", "clients:\n  window: 4097\ntiming:",
			`c.yaml:37: clients.window: is "4097", expected a whole number from 1 to 4096`},
		{"time-outs of clients in the wrong order", "timing:", "clients:\n  min_timeout: 200ms\ntiming:",
			`c.yaml:36: clients.max_timeout: is 100ms and min_timeout is 200ms, expected max_timeout to be at least min_timeout`},
		{"unknown limit", "timing:", "limits:\n  clients: 9\ntiming:",
			`c.yaml:37: limits.clients: is an unknown key, expected one of sync_slots, window_slots, log_slots, log_bytes, keep_slots, snapshot_slots, chunk_bytes`},
		{"second document", "timing:", "---\ntiming:",
			`c.yaml:36: cluster file: has a second document, expected one`},
		{"alias", "name: lab\nmtu: 9000", "name: &x lab\nmtu: *x",
			`c.yaml:2: mtu: is an alias, expected a whole number from 256 to 65507`},
		{"not YAML", "name: lab", "name: [lab",
			`c.yaml:1: cluster file: did not find expected ',' or ']', expected YAML`},
		{"empty", good, "# nothing\n",
			`c.yaml:1: cluster file: is empty, expected a YAML mapping`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(good, c.old, c.new, 1)
			if text == good {
				t.Fatalf("%q is not in the file", c.old)
			}
			_, err := Parse("c.yaml", []byte(text))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, expected an *Error", err)
			}
			if e.Error() != c.want {
				t.Errorf("\ngot  %s\nwant %s", e, c.want)
			}
		})
	}
}

func TestLoadWithoutFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(path)
	want := path + ":1: cluster file: open: no such file or directory, expected a readable cluster file"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, expected %s", err, want)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "cluster.key")
	f, err := Parse(filepath.Join(dir, "c.yaml"), []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string) {
		t.Helper()
		if _, err := f.Key(); err == nil || err.Error() != f.Path+":3: key_file: "+key+" "+want {
			t.Errorf("\ngot  %v\nwant %s:3: key_file: %s %s", err, f.Path, key, want)
		}
	}
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(key, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
	}

	expect("does not exist, expected a key file; `nopaxos keygen` makes one")
	write(strings.Repeat("ab", 16), 0o644)
	expect("has mode 0644, expected 0600, so that only its owner can read it")
	write("not hex", 0o600)
	expect("is not hexadecimal, expected at least 16 bytes in hex")
	write("abcd\n", 0o600)
	expect("has 2 bytes, expected at least 16 bytes in hex")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}

	if err := WriteKey(key); err != nil {
		t.Fatal(err)
	}
	k, err := f.Key()
	if err != nil || len(k) != KeyLen {
		t.Errorf("read %d bytes, %v", len(k), err)
	}
	if _, err := f.Keys(); err != nil {
		t.Error(err)
	}
	if err := WriteKey(key); !errors.Is(err, os.ErrExist) {
		t.Errorf("writing over a key: %v", err)
	}
}

// Parse returns a file or an error of one line for any bytes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(switched))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("? [x]\n: y"))
	f.Add([]byte("name: !!binary x\n"))
	f.Add([]byte("<<: {name: x}\n"))
	f.Add([]byte("\t"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("c.yaml", data)
		var e *Error
		switch {
		case err == nil:
			if _, err := file.Marshal(); err != nil {
				t.Error(err)
			}
		case !errors.As(err, &e):
			t.Errorf("%T: %v", err, err)
		case strings.ContainsAny(e.Error(), "\n\r"):
			t.Errorf("more than one line: %q", e)
		case e.Line < 1:
			t.Errorf("no line: %q", e)
		}
	})
}
