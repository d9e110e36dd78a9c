package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestExploreOneWorld(t *testing.T) {
	var out, errOut bytes.Buffer
	code := run(context.Background(), []string{"explore", "--world", "reordering"}, nil, &out, &errOut)
	if code != exitOK {
		t.Fatalf("exit %d, expected %d\n%s%s", code, exitOK, out.String(), errOut.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[1], "reordering ") || !strings.HasSuffix(lines[1], "2×1 requests, 1 drop, 1 reordering") {
		t.Errorf("output:\n%s\nexpected a head and a line for the world", out.String())
	}
}

func TestExploreOwnBounds(t *testing.T) {
	var out, errOut bytes.Buffer
	args := []string{"explore", "--clients", "1", "--drops", "1", "--max-states", "5"}
	if code := run(context.Background(), args, nil, &out, &errOut); code != exitOK {
		t.Fatalf("exit %d, expected %d\n%s%s", code, exitOK, out.String(), errOut.String())
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
		code := run(context.Background(), append([]string{"explore"}, strings.Fields(test.args)...), nil, &out, &errOut)
		if code != exitUsage || !strings.Contains(errOut.String(), test.want) {
			t.Errorf("%s: exit %d, %q; expected exit %d, %q", test.args, code, errOut.String(), exitUsage, test.want)
		}
	}
}
