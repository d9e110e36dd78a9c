package server

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/replica"
)

func TestLongRecoveryIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	w := recoveryWatch{log: slog.New(slog.NewTextHandler(&log, nil)), n: 3}
	start := time.Now()
	for _, step := range []struct {
		at     time.Duration
		phase  string
		lasts  time.Duration
		warned int
		ended  int
	}{
		{0, "recovering", 0, 0, 0},
		{4 * time.Second, "recovering", 4 * time.Second, 0, 0},
		{5 * time.Second, "recovering", 5 * time.Second, 1, 0},
		{90 * time.Second, "recovering", 90 * time.Second, 1, 0},
		{91 * time.Second, "normal", 0, 1, 1},
		{92 * time.Second, "view-change", 0, 1, 1},
	} {
		lasts := w.observe(start.Add(step.at), replica.Status{Phase: step.phase})
		warned, ended := strings.Count(log.String(), "--discard-state"), strings.Count(log.String(), "has recovered")
		if lasts != step.lasts || warned != step.warned || ended != step.ended {
			t.Errorf("%s after %v: lasts %v, %d warnings, %d ends, expected %+v\n%s", step.phase, step.at, lasts, warned, ended, step, &log)
		}
	}
	if text := log.String(); !strings.Contains(text, "waits_for=2") || !strings.Contains(text, "f=1") {
		t.Errorf("the warning does not name the replicas that this one waits for: %s", text)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	if err := Discard(dir, testOwner); !errors.Is(err, ErrNoRecord) {
		t.Errorf("without a record: %v, want ErrNoRecord", err)
	}
	if err := saveRecord(dir, testOwner, replica.Record{Incarnation: 7}); err != nil {
		t.Fatal(err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := Discard(dir, testOwner); !errors.Is(err, ErrInUse) {
		t.Errorf("of a running replica: %v, want ErrInUse", err)
	}
	if r, err := loadRecord(dir, testOwner); err != nil || r.Incarnation != 7 {
		t.Errorf("the running replica's record is %+v, %v", r, err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if err := Discard(dir, testOwner); err != nil {
		t.Fatal(err)
	}
	if r, err := loadRecord(dir, testOwner); err != nil || r != replica.Bootstrap() {
		t.Errorf("record after Discard is %+v, %v", r, err)
	}
}
