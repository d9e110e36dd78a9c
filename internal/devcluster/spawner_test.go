package devcluster

import (
	"errors"
	"os/exec"
	"testing"
)

// A role that is restarted after the cluster's end is refused, however often that end was asked for.
func TestNothingStartsAfterTheEnd(t *testing.T) {
	s := newSpawner()
	cmd := exec.Command("true")
	if err := s.start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	s.close()
	s.close()
	if err := s.start(exec.Command("true")); !errors.Is(err, errStopped) {
		t.Errorf("got %v, expected %v", err, errStopped)
	}
}
