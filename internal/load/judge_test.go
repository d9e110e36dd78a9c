package load

import (
	"context"
	"sync"
	"testing"
)

// After Ctrl-C the load comes to its end although nothing is judged any more: workers that wait for a
// bank get one.
func TestInterruptedJudgeReleases(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := newRecorder()
	j := &judge{recorder: r}
	var judging, workers sync.WaitGroup
	judging.Go(func() { j.run(ctx) })
	for range 4 {
		workers.Go(func() {
			for range maxOps { // together more than all banks hold
				r.end(pathLibrary, r.begin(0, true), 0, context.Canceled)
			}
		})
	}
	workers.Wait()
	r.finish()
	close(r.retire)
	judging.Wait()
	if j.windows != 0 || len(j.violations) != 0 {
		t.Errorf("%d windows were judged: %v", j.windows, j.violations)
	}
}
