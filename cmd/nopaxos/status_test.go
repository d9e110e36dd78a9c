package main

import (
	"strings"
	"testing"

	"github.com/netordered/nopaxos/internal/cli"
	"github.com/netordered/nopaxos/internal/status"
)

// TestStatusVerdicts checks that the exit status of `nopaxos status` follows the cluster, and that --wait waits.
func TestStatusVerdicts(t *testing.T) {
	d := startDev(t)
	run := func(flags ...string) (code int, out, errOut string) {
		return nopaxos(t, append([]string{"status", "--cluster", d.clusterFile()}, flags...)...)
	}
	expect := func(want status.Verdict, reason string) {
		t.Helper()
		var code int
		var out string
		eventually(t, "the verdict is "+want.String(), func() bool {
			code, out, _ = run()
			return code == want.ExitStatus() && strings.Contains(out, want.String()) && strings.Contains(out, reason)
		})
		if code, out, errOut := run("--json", "--group", "kv"); code != want.ExitStatus() || !strings.Contains(out, `"verdict": "`+want.String()) {
			t.Errorf("with --json: exit %d: %s%s", code, out, errOut)
		}
	}
	expect(status.OK, "")
	if code, out, errOut := run("--wait", "whole"); code != cli.ExitOK || errOut != "" {
		t.Errorf("--wait whole of a whole cluster: exit %d: %s%s", code, out, errOut)
	}
	d.kill("replica-2")
	expect(status.AtRisk, "missing: replica-2: unreachable")
	if code, _, errOut := run("--wait", "serving"); code != cli.ExitOK || errOut != "" {
		t.Errorf("--wait serving of a cluster at risk: exit %d: %s", code, errOut)
	}
	if code, _, errOut := run("--wait", "whole", "--timeout", "300ms"); code != status.AtRisk.ExitStatus() ||
		!strings.Contains(errOut, "not whole after 300ms: group kv is not whole: replica-2") {
		t.Errorf("--wait whole without a replica: exit %d: %s", code, errOut)
	}
	d.startRole("replica", 2)
	if code, out, errOut := run("--wait", "whole"); code != cli.ExitOK {
		t.Fatalf("--wait whole after the replica's restart: exit %d: %s%s", code, out, errOut)
	}
	expect(status.OK, "")

	d.kill("sequencer-0")
	expect(status.AtRisk, "risk: no standby sequencer is ready")
	d.kill("sequencer-1")
	expect(status.NotServing, "no active sequencer for the group")
	d.startRole("sequencer", 0)
	d.startRole("sequencer", 1)
	if code, out, errOut := run("--wait", "whole"); code != cli.ExitOK {
		t.Errorf("--wait whole after the sequencers' restart: exit %d: %s%s", code, out, errOut)
	}
	expect(status.OK, "")
}
