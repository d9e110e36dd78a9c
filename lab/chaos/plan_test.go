package chaos

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var testRoles = []role{"replica-0", "replica-1", "replica-2", "kv-0", "kv-1", "client", "sequencer-0", "sequencer-1", "controller-0"}

// A seed determines all steps, and different seeds give different steps.
func TestPlanIsItsSeed(t *testing.T) {
	same, other := 0, newPlan(2, testRoles)
	for n := range 50 {
		a, b := newPlan(1, testRoles).step(n), newPlan(1, testRoles).step(n)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("step %d is %+v and %+v", n, a, b)
		}
		if a.Name == other.step(n).Name {
			same++
		}
	}
	if same > 25 {
		t.Errorf("%d of 50 steps are the same under another seed", same)
	}
}

// Every scene has its turn, and every fault has the fields of its kind.
func TestPlanHasEveryScene(t *testing.T) {
	p := newPlan(7, testRoles)
	kinds := make(map[kind]bool)
	for n := range len(p.scenes()) {
		s := p.step(n)
		if s.Number != n || s.Hold < shortestHold || s.Hold > longestHold || strings.Contains(s.Name, "\n") || s.Name == "" {
			t.Errorf("step %+v", s)
		}
		for _, f := range s.Faults {
			kinds[f.Kind] = true
			if (f.Kind == lose) != (len(f.Who) == 0) || (f.Kind == cut) != (len(f.From) > 0) ||
				(f.Kind == lose) != (f.Loss > 0) || f.Loss > heavyLoss || (f.Kind == kill) != (f.Ahead > 0) {
				t.Errorf("step %d: fault %+v", n, f)
			}
		}
	}
	if len(kinds) != 6 {
		t.Errorf("kinds of faults %v, expected 6", kinds)
	}
}

// Memory mode survives the loss of f memories at a time, here one.
func TestPlanSparesMemories(t *testing.T) {
	p := newPlan(11, testRoles)
	for n := range 1000 {
		killed := 0
		for _, f := range p.step(n).Faults {
			for _, r := range f.Who {
				if f.Kind == kill && (r == leader || r == follower || strings.HasPrefix(string(r), "replica-")) {
					killed++
				}
			}
		}
		if killed > 1 {
			t.Errorf("step %d kills %d replicas: %s", n, killed, p.step(n).Name)
		}
	}
}

// A split has two sides, and every host is on one of them.
func TestSplit(t *testing.T) {
	p := newPlan(13, testRoles)
	for n := range 100 {
		s := split(&draw{Rand: p.stream(details, n), roles: testRoles})
		a, b := s.Faults[0], s.Faults[1]
		if s.Survivable || !slices.Equal(a.Who, b.From) || !slices.Equal(a.From, b.Who) || len(a.Who)+len(b.Who) != len(testRoles) {
			t.Errorf("split %+v", s)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		fault fault
		want  string
	}{
		{fault{Kind: kill, Who: []role{leader, "kv-0"}, Ahead: time.Hour}, "kill leader+kv-0"},
		{fault{Kind: lose, Loss: 0.0123}, "lose 1.2% everywhere"},
		{fault{Kind: cut, Who: []role{"kv-0"}, From: []role{leader, "kv-1"}}, "cut kv-0 off from leader+kv-1"},
	} {
		if got := c.fault.String(); got != c.want {
			t.Errorf("got %q, expected %q", got, c.want)
		}
	}
}
