package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
)

func TestExploreOneWorld(t *testing.T) {
	var out, errOut bytes.Buffer
	code := cli.Run(context.Background(), rootCommand(), []string{"explore", "--world", "reordering"}, nil, &out, &errOut)
	if code != cli.ExitOK {
		t.Fatalf("exit %d, expected %d\n%s%s", code, cli.ExitOK, out.String(), errOut.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "reordering ") || !strings.HasSuffix(lines[1], "2×1 requests, 1 drop, 1 reordering") {
		t.Errorf("output:\n%s\nexpected a head and a line for the world", out.String())
	}
}

func TestExploreOwnBounds(t *testing.T) {
	var out, errOut bytes.Buffer
	args := []string{"explore", "--clients", "1", "--drops", "1", "--max-states", "5"}
	if code := cli.Run(context.Background(), rootCommand(), args, nil, &out, &errOut); code != cli.ExitOK {
		t.Fatalf("exit %d, expected %d\n%s%s", code, cli.ExitOK, out.String(), errOut.String())
	}
	if !strings.Contains(out.String(), "1×1 requests, 1 drop") {
		t.Errorf("output:\n%s\nexpected the bounds", out.String())
	}
}

func TestExploreUsage(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--bounds tiny", `--bounds is "tiny", expected one of [small medium large]`},
		{"--world nowhere", `--world is "nowhere", expected one of reordering, `},
		{"--bounds small --drops 1", "--bounds and --world exclude the flags from --clients on"},
		{"--clients 3", "3 clients, expected 1 to 2"},
		{"--max-states -1", "--max-states is -1, expected 0 (no end) or more"},
	} {
		var out, errOut bytes.Buffer
		code := cli.Run(context.Background(), rootCommand(), append([]string{"explore"}, strings.Fields(test.args)...), nil, &out, &errOut)
		if code != cli.ExitUsage || !strings.Contains(errOut.String(), test.want) {
			t.Errorf("%s: exit %d, %q; expected exit %d, %q", test.args, code, errOut.String(), cli.ExitUsage, test.want)
		}
	}
}
