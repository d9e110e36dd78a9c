package progress

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestShow(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		want     string
	}{
		{"terminal", true, "\r1\x1b[K\r2\x1b[K\r9\x1b[K\nfound\nit\n\r10\x1b[K\n"},
		{"log", false, "9\nfound\nit\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			var now time.Time
			l := newLine(&out, test.terminal, 10*time.Second, func() time.Time { return now })
			at := func(after time.Duration, text string) {
				now = now.Add(after)
				l.Show(func() string { return text })
			}
			at(50*time.Millisecond, "0")
			at(50*time.Millisecond, "1")
			at(terminalEvery, "2")
			at(terminalEvery-1, "3")
			at(10*time.Second, "9")
			l.Print("found\nit")
			now = now.Add(terminalEvery)
			l.ShowOnTerminal(func() string { return "10" })
			l.End()
			l.End()
			if out.String() != test.want {
				t.Errorf("wrote %q, want %q", out.String(), test.want)
			}
		})
	}
}

// TestLazy checks that Show does not build text for an update that is not due.
func TestLazy(t *testing.T) {
	l := New(os.Stdout, time.Hour)
	l.Show(func() string { t.Error("text was built for an update that was not due"); return "" })
}

func TestBar(t *testing.T) {
	for _, test := range []struct {
		done, total int
		want        string
	}{
		{0, 10, "[..............................] 0/10"},
		{3, 10, "[#########.....................] 3/10"},
		{10, 10, "[##############################] 10/10"},
		{12, 10, "[##############################] 12/10"},
		{0, 0, "[..............................] 0/0"},
	} {
		if got := Bar(test.done, test.total); got != test.want {
			t.Errorf("Bar(%d, %d) is %q, want %q", test.done, test.total, got, test.want)
		}
	}
}

func TestIsTerminal(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) || isTerminal(&strings.Builder{}) {
		t.Error("a file and a buffer are not terminals")
	}
}
