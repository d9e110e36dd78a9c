package load

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
)

// An interrupted judge checks nothing more but releases banks, so that workers that wait for one can end.
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

// silentStore never answers.
type silentStore struct{ store }

func (silentStore) getMany(ctx context.Context, _ []string) ([]value, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// The judge gives up reading from a group that does not come back.
func TestJudgeGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := readBank(t.Context(), silentStore{}, 0)
		if err == nil || err.Error() != "no answer within 30s" {
			t.Errorf("got %v", err)
		}
	})
}
