package bmv2

import (
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	tests := []struct {
		name string
		in   Config
		want string
	}{
		{"defaults", Config{P4Runtime: "127.0.0.1:9559"},
			"--no-p4 --device-id 0 --log-level info -- --grpc-server-addr 127.0.0.1:9559 --cpu-port 510"},
		{"all", Config{
			DeviceID: 3, P4Runtime: "unix:/run/s3.sock", Ports: []Port{{1, "s3-eth1"}, {2, "s3-eth2"}},
			MulticastGroups: 100, MulticastCopies: 400, LogFile: "s3.log", LogLevel: "debug",
		}, "--no-p4 --device-id 3 -i 1@s3-eth1 -i 2@s3-eth2 --log-file s3.log --log-flush --log-level debug" +
			" -- --grpc-server-addr unix:/run/s3.sock --cpu-port 510" +
			" --max-mc-groups 100 --max-l1-entries 400 --max-l2-entries 400"},
	}
	for _, tt := range tests {
		if got := strings.Join(tt.in.args(), " "); got != tt.want {
			t.Errorf("%s: arguments are\n%s\nexpected\n%s", tt.name, got, tt.want)
		}
		if err := tt.in.check(); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestInvalidConfigs(t *testing.T) {
	good := func() Config { return Config{P4Runtime: "127.0.0.1:9559", Ports: []Port{{1, "a"}, {2, "b"}}} }
	tests := []struct {
		change func(*Config)
		want   string // in the error
	}{
		{func(c *Config) { c.P4Runtime = "" }, "P4Runtime address is empty"},
		{func(c *Config) { c.P4Runtime = "9559" }, `P4Runtime address is "9559"`},
		{func(c *Config) { c.Ports[1].Number = 510 }, "has number 510, expected at most 509"},
		{func(c *Config) { c.Ports[1].Number = 1 }, "port number 1 appears twice"},
		{func(c *Config) { c.Ports[1].Interface = "a" }, "interface a appears twice"},
		{func(c *Config) { c.LogLevel = "loud" }, `log level is "loud", expected one of trace, debug`},
		{func(c *Config) { c.MulticastGroups = -1 }, "-1 multicast groups"},
	}
	for _, tt := range tests {
		c := good()
		tt.change(&c)
		if err := c.check(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, expected an error with %q", c, err, tt.want)
		}
		if _, err := Start(t.Context(), c); err == nil {
			t.Errorf("%+v: Start succeeded", c)
		}
	}
}

func TestParsePort(t *testing.T) {
	for _, text := range []string{"0@lo", "1@s1-eth1", "509@a@b"} {
		p, err := ParsePort(text)
		if err != nil || p.String() != text {
			t.Errorf("%q: %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "1", "1@", "@eth0", "-1@eth0", "510@eth0", "65536@eth0", "one@eth0"} {
		if p, err := ParsePort(text); err == nil {
			t.Errorf("%q: %v, expected an error", text, p)
		}
	}
}

func TestDialAddress(t *testing.T) {
	tests := map[string]string{
		"127.0.0.1:9559":  "tcp 127.0.0.1:9559",
		"0.0.0.0:9559":    "tcp 127.0.0.1:9559",
		":9559":           "tcp 127.0.0.1:9559",
		"[::]:9559":       "tcp 127.0.0.1:9559",
		"10.0.0.1:9559":   "tcp 10.0.0.1:9559",
		"unix:/run/s.sck": "unix /run/s.sck",
	}
	for listen, want := range tests {
		network, address := dialAddress(listen)
		if got := network + " " + address; got != want {
			t.Errorf("dial address of %s is %s, expected %s", listen, got, want)
		}
	}
}

func TestTail(t *testing.T) {
	w := &tail{}
	if w.String() != "" {
		t.Errorf("an empty tail is %q", w)
	}
	for range 200 {
		if _, err := w.Write([]byte("an early line\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write([]byte("the last line\n\n")); err != nil {
		t.Fatal(err)
	}
	if got := w.String(); got != ": its last output: the last line" {
		t.Errorf("the tail is %q", got)
	}
	if len(w.text) > tailLimit {
		t.Errorf("the tail has %d bytes, expected at most %d", len(w.text), tailLimit)
	}
}
