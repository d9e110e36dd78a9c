package process

import (
	"errors"
	"os/exec"
	"testing"
)

func TestNothingStartsOnAClosedThread(t *testing.T) {
	thread := NewThread()
	cmd := exec.Command("true")
	if err := thread.Do(cmd.Start); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	thread.Close()
	thread.Close()
	if err := thread.Do(exec.Command("true").Start); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, expected %v", err, ErrClosed)
	}
}
