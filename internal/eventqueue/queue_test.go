package eventqueue

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestQueue checks that events leave by time, and those of one instant in the order of their pushes.
func TestQueue(t *testing.T) {
	type event struct {
		at  time.Duration
		seq int
	}
	rapid.Check(t, func(t *rapid.T) {
		var q Queue[event]
		var model []event
		pop := func() {
			i := 0
			for j, e := range model {
				if e.at < model[i].at {
					i = j
				}
			}
			want := model[i]
			model = slices.Delete(model, i, i+1)
			next := q.Next()
			if at, e := q.Pop(); e != want || at != want.at || next != at {
				t.Fatalf("got %v at %v (announced for %v), expected %v", e, at, next, want)
			}
		}
		for seq, at := range rapid.SliceOf(rapid.IntRange(-1, 5)).Draw(t, "at") {
			if at >= 0 {
				e := event{time.Duration(at), seq}
				q.Push(e.at, e)
				model = append(model, e)
			} else if len(model) > 0 {
				pop()
			}
			if q.Len() != len(model) {
				t.Fatalf("%d events, expected %d", q.Len(), len(model))
			}
		}
		for len(model) > 0 {
			pop()
		}
	})
}
