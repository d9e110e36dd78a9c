package sim

import (
	"testing"
	"time"
)

// TestLogicalTimeKeepsItsRate checks that logical time goes as fast as the clock for minutes in spite of jitter and losses,
// in a group that is idle or has load.
func TestLogicalTimeKeepsItsRate(t *testing.T) {
	if testing.Short() {
		t.Skip("runs for seconds")
	}
	for name, think := range map[string]time.Duration{"idle": 10 * time.Second, "under load": 2 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			s := draw(1, Lossy)
			s.load, s.think, s.clients, s.outstanding, s.window = 2*time.Minute, think, 1, 1, 1
			s.jitter, s.loss, s.skew, s.straggler, s.wide, s.brimful, s.corrupt = 200*time.Microsecond, 10_000, 0, 0, 0, 0, 0
			w := newWorld(Config{Seed: 1, Profile: Lossy, Faults: []Fault{}}, &s)
			for _, f := range w.run().Failures {
				t.Error(f)
			}
			if w.now < s.load {
				t.Fatalf("the run ended after %v, expected %v", w.now, s.load)
			}
			for _, n := range w.nodes {
				status := n.core.Status()
				rate := float64(status.LogicalTime) / float64(w.now)
				t.Logf("replica %d: %.4f of the clock, %d views, %d events", n.id, rate, status.Counters.ViewsEntered, w.result.Events)
				if rate < 0.99 || rate > 1.01 {
					t.Errorf("replica %d: logical time is %v after %v, expected 99 to 101 %%", n.id, time.Duration(status.LogicalTime), w.now)
				}
			}
		})
	}
}
