package main

import (
	"path/filepath"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
)

func TestKeygen(t *testing.T) {
	dir := t.TempDir()
	clusterKey, clientKey := filepath.Join(dir, "cluster.key"), filepath.Join(dir, "client.key")
	for _, c := range []struct {
		args     []string
		code     int
		out, err string
	}{
		{[]string{"keygen", "--client-of", clusterKey, clientKey}, cli.ExitFailure, "",
			"nopaxos: cluster key: " + clusterKey + " does not exist, expected a key file; `nopaxos keygen` makes one\n"},
		{[]string{"keygen", clusterKey}, cli.ExitOK,
			"wrote a 32-byte cluster key to " + clusterKey + "; every controller and replica needs a copy\n", ""},
		{[]string{"keygen", "--client-of", clusterKey, clientKey}, cli.ExitOK,
			"wrote the client key of " + clusterKey + " to " + clientKey + "; every front-end and client needs a copy\n", ""},
		{[]string{"keygen", "--client-of", clientKey, filepath.Join(dir, "x")}, cli.ExitFailure, "",
			"nopaxos: cluster key: " + clientKey + " is a client key, expected the cluster key: at least 16 bytes in hex\n"},
		{[]string{"keygen", clusterKey}, cli.ExitFailure, "",
			"nopaxos: key file: open " + clusterKey + ": file exists\n"},
	} {
		if code, out, errOut := nopaxos(t, c.args...); code != c.code || out != c.out || errOut != c.err {
			t.Errorf("%v: exit %d, want %d\ngot  %s%swant %s%s", c.args, code, c.code, out, errOut, c.out, c.err)
		}
	}
}
