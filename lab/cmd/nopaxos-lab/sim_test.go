package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
)

func TestSimReportsAsJSON(t *testing.T) {
	var out, errOut bytes.Buffer
	code := cli.Run(context.Background(), rootCommand(), []string{"sim", "--seeds", "2", "--profile", "lossy", "--json"}, nil, &out, &errOut)
	if code != cli.ExitOK {
		t.Fatalf("exit %d, want %d; %s", code, cli.ExitOK, errOut.String())
	}
	var report simReport
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("report is no JSON: %v\n%s", err, out.String())
	}
	if report.Seeds != 2 || report.Runs != 2 || report.Failures != 0 || report.Events == 0 || report.EventsPerSecond <= 0 {
		t.Errorf("report is %+v, want 2 seeds, 2 runs, no failures and some events", report)
	}
}

// TestSimSoaks: until its time is up, or until it is interrupted; that is no failure.
func TestSimSoaks(t *testing.T) {
	interrupted, interrupt := context.WithCancel(context.Background())
	interrupt()
	for _, test := range []struct {
		name string
		ctx  context.Context
		soak string
	}{{"for a while", context.Background(), "1ms"}, {"until interrupted", interrupted, "0"}} {
		t.Run(test.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := cli.Run(test.ctx, rootCommand(), []string{"sim", "--soak", test.soak, "--profile", "calm"}, nil, &out, &errOut); code != cli.ExitOK {
				t.Fatalf("exit %d, want %d; %s", code, cli.ExitOK, errOut.String())
			}
			if want := " runs of "; !strings.Contains(out.String(), want) {
				t.Errorf("printed %q, want a report with %q", out.String(), want)
			}
		})
	}
}

func TestSimTraceIsTheSameEveryTime(t *testing.T) {
	args := []string{"sim", "--seed", "3", "--profile", "failover", "--trace"}
	var first, second, errOut bytes.Buffer
	if code := cli.Run(context.Background(), rootCommand(), args, nil, &first, &errOut); code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errOut.String())
	}
	cli.Run(context.Background(), rootCommand(), args, nil, &second, &errOut)
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two runs of one seed wrote different traces")
	}
	if lines := strings.Count(first.String(), "\n"); lines < 1000 {
		t.Errorf("trace has %d lines, want one for every event", lines)
	}
}

func TestSimRefusesWhatItCannotDo(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--profile storm", `--profile is "storm"`},
		{"--seeds 0", "--seeds is 0"},
		{"--parallel 0", "--parallel is 0"},
		{"--trace", "--trace wants one --seed"},
		{"--trace --seed 1", "--trace wants one --seed and one --profile"},
		{"--seed 1 --seeds 5", "--seed excludes --seeds"},
		{"--soak 1s --seeds 5", "--soak excludes --seed and --seeds"},
		{"--soak -1s", "--soak is -1s"},
		{"--model --seeds 5", "--model and --seeds exclude each other"},
		{"--calibrate results.json", "--calibrate wants --model"},
	} {
		var out, errOut bytes.Buffer
		code := cli.Run(context.Background(), rootCommand(), append([]string{"sim"}, strings.Fields(test.args)...), nil, &out, &errOut)
		if code != cli.ExitUsage || !strings.Contains(errOut.String(), test.want) {
			t.Errorf("sim %s: exit %d, %q; want %d and %q", test.args, code, errOut.String(), cli.ExitUsage, test.want)
		}
	}
}
