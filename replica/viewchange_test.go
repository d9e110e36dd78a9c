package replica

import (
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
)

// The time-outs are reset when a view has lasted in proportion to them, or for worksAnyway.
func TestTimeoutsShrinkAgain(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		attempts int
		lasted   time.Duration
		works    bool
	}{
		{0, 319 * ms, false}, {0, 320 * ms, true},
		{1, 639 * ms, false}, {1, 640 * ms, true},
		{2, 999 * ms, false}, {2, 1000 * ms, true},
		{6, 999 * ms, false}, {6, 1000 * ms, true},
	} {
		core := &Core{cfg: Config{Timing: limits.Timing{ViewChange: 40 * ms}}, view: viewState{enteredAt: 5 * time.Second}, attempts: c.attempts}
		core.now = core.view.enteredAt + c.lasted
		before := core.viewTimeout()
		core.viewWorks()
		want := before
		if c.works {
			want = 40 * ms
		}
		if got := core.viewTimeout(); got != want {
			t.Errorf("a view that lasted %v with a time-out of %v: the next is %v, expected %v", c.lasted, before, got, want)
		}
	}
}
