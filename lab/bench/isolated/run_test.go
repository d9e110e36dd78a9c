//go:build linux

package isolated

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/bench/role"
)

// serveRole makes the test's binary a role.
const serveRole = "ISOLATED_TEST_ROLE"

func TestMain(m *testing.M) {
	if os.Getenv(serveRole) == "" {
		os.Exit(m.Run())
	}
	if err := role.Serve(context.Background(), os.Stdin, os.Stdout, role.Build); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// smoke returns a short measurement.
func smoke(t *testing.T, system string, replicas int, regime Regime) *Job {
	t.Helper()
	core, _, err := Cores()
	if err != nil {
		t.Skip(err)
	}
	t.Setenv(serveRole, "yes")
	return &Job{
		System: system, Replicas: replicas, Regime: regime, Core: core, Measure: time.Millisecond, OpSize: 64,
		Server: []string{os.Args[0]}, Dir: t.TempDir(),
	}
}

// Every server answers every request in every regime. The figures are not checked.
func TestServersAnswer(t *testing.T) {
	for _, c := range []struct {
		system   string
		replicas int
		follower bool
	}{
		{role.SystemEcho, 1, false}, {"unreplicated", 1, false}, {role.SystemNOPaxos, 3, false}, {role.SystemNOPaxos, 3, true},
		{role.SystemNOPaxos, 5, false}, {"paxos", 3, false}, {"paxos-batching", 3, false}, {"fastpaxos", 3, false},
	} {
		for _, regime := range Regimes {
			t.Run(fmt.Sprintf("%s-%d-%v/%s", c.system, c.replicas, c.follower, regime), func(t *testing.T) {
				job := smoke(t, c.system, c.replicas, regime)
				job.Follower = c.follower
				var in, out bytes.Buffer
				if err := json.NewEncoder(&in).Encode(job); err != nil {
					t.Fatal(err)
				}
				if err := Serve(t.Context(), &in, &out); err != nil {
					t.Fatal(err)
				}
				var s Sample
				if err := json.Unmarshal(out.Bytes(), &s); err != nil {
					t.Fatal(err)
				}
				if s.Operations == 0 || s.CPU <= 0 || s.Busy <= 0 || s.Capacity() <= 0 {
					t.Errorf("%+v, expected operations and their CPU time", s)
				}
				t.Logf("%+v", s)
			})
		}
	}
}

// A job that cannot be carried out is refused with the reason.
func TestInvalidJobs(t *testing.T) {
	for want, change := range map[string]func(*Job){
		"regime":         func(j *Job) { j.Regime = "?" },
		"no command":     func(j *Job) { j.Server = nil },
		"measurement":    func(j *Job) { j.Measure = 0 },
		"odd number":     func(j *Job) { j.Replicas = 2 },
		"no system":      func(j *Job) { j.System = "?" },
		"a follower":     func(j *Job) { j.Follower = true },
		"does not start": func(j *Job) { j.Server = []string{"/bin/false"} },
	} {
		job := smoke(t, "unreplicated", 1, Trains)
		change(job)
		if _, err := Run(t.Context(), job); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, expected an error with %q", err, want)
		}
	}
	if err := Serve(t.Context(), strings.NewReader("?"), new(bytes.Buffer)); err == nil {
		t.Error("a malformed job was accepted")
	}
}
