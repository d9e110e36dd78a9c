package bench

import (
	"bytes"
	"math"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

// spin uses CPU time.
//
//go:noinline
func spin(until time.Time) (n float64) {
	for time.Now().Before(until) {
		for i := range 100_000 {
			n += math.Sqrt(float64(i))
		}
	}
	return n
}

// TestReadProfile checks that the function that ran has most of the time in a profile of the runtime.
func TestReadProfile(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.StartCPUProfile(&b); err != nil {
		t.Skipf("no profile can be taken: %v", err)
	}
	spin(time.Now().Add(300 * time.Millisecond))
	pprof.StopCPUProfile()
	p, err := readProfile(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if p.Seconds == 0 {
		t.Skip("the kernel took no sample")
	}
	if first := p.Functions[0]; !strings.HasSuffix(first.Name, "bench.spin") && !strings.HasSuffix(first.Name, "math.Sqrt") {
		t.Errorf("%+v, expected spin first", p.Functions)
	}
	sum := 0.0
	for _, s := range p.Groups {
		sum += s.Part
	}
	if sum > 1.001 {
		t.Errorf("%+v: %g in all, expected at most 1", p.Groups, sum)
	}
}

func TestMalformedProfiles(t *testing.T) {
	for _, text := range []string{"", "no profile", "\x12\x02\x0a\x00"} {
		if p, err := readProfile([]byte(text)); err == nil && len(p.Functions) > 0 {
			t.Errorf("%q was taken for a profile", text)
		}
	}
}

func TestGroupOf(t *testing.T) {
	for function, want := range map[string]string{
		"internal/runtime/syscall/linux.Syscall6":        groupSystemCalls,
		"internal/runtime/syscall.Syscall6":              groupSystemCalls,
		"golang.org/x/sys/unix.Syscall":                  groupSystemCalls,
		"runtime.mallocgc":                               groupRuntime,
		"internal/runtime/maps.(*Map).getWithoutKey":     groupRuntime,
		"github.com/dchest/siphash.blocks":               groupCrypto,
		module + "replica.(*Core).Deliver":               "replica",
		module + "replica/wire.ParseRequest":             "replica/wire",
		"go.etcd.io/raft/v3.(*raft).Step":                "go.etcd.io/raft/v3",
		"github.com/hashicorp/raft.(*Raft).dispatchLogs": "github.com/hashicorp/raft",
	} {
		if got := groupOf(function); got != want {
			t.Errorf("%s is of %q, expected %q", function, got, want)
		}
	}
}
