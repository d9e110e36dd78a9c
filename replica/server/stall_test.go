package server

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/replica"
)

func TestStallsAreLoggedAtALimitedRate(t *testing.T) {
	var log bytes.Buffer
	w := stallWatch{log: slog.New(slog.NewTextHandler(&log, nil))}
	start := time.Now()
	for _, step := range []struct {
		at, total time.Duration
		line      string // the new one, if any
	}{
		{0, 0, ""},
		{time.Second, 60 * time.Millisecond, "stalled=60ms in_all=60ms"},
		{2 * time.Second, 80 * time.Millisecond, ""},
		{11 * time.Second, 90 * time.Millisecond, "stalled=30ms in_all=90ms"},
		{60 * time.Second, 90 * time.Millisecond, ""},
	} {
		log.Reset()
		w.observe(start.Add(step.at), &replica.Status{Counters: replica.Counters{Stalled: uint64(step.total)}})
		if text := log.String(); (text == "") != (step.line == "") || !strings.Contains(text, step.line) {
			t.Errorf("after %v: log %q, expected %q", step.at, text, step.line)
		}
	}
}
