package bench

import (
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/lab/bench/isolated"
)

// result returns a cell whose busiest replica uses these microseconds of CPU time per operation, by repetition.
func result(c Cell, cpu ...float64) CellResult {
	r := CellResult{Cell: c}
	for i, v := range cpu {
		r.Samples = append(r.Samples, Sample{
			Repetition: i, Roles: []Usage{{Kind: kindReplica, CPU: v}, {Kind: kindReplica, CPU: v / 2}},
		})
	}
	r.Summary = summarize(r.Samples)
	return r
}

// Both sides of a ratio come from the same repetition, so that drift of the machine cancels out.
func TestRatiosArePaired(t *testing.T) {
	r := &results{Scale: &Scales[0], Cells: []CellResult{
		result(groupCell(nopaxos, 3), 2, 20, 200), result(groupCell(unreplicated, 3), 1, 10, 100),
	}}
	s, ok := spreadOf(ratio(full(nopaxos, busiestCPU), full(unreplicated, busiestCPU)), r)
	if want := (Spread{2, 2, 2}); !ok || s != want {
		t.Errorf("got %+v (%v), expected %+v", s, ok, want)
	}
	r.Cells[1].Samples = r.Cells[1].Samples[1:] // one repetition failed
	if s, ok := spreadOf(ratio(full(nopaxos, busiestCPU), full(unreplicated, busiestCPU)), r); !ok || s.Median != 2 {
		t.Errorf("without the first repetition: got %+v (%v), expected 2", s, ok)
	}
	if _, ok := spreadOf(full(paxos, capacity), r); ok {
		t.Error("a quantity that was not measured has a value")
	}
}

func TestJudge(t *testing.T) {
	r := &results{Scale: &Scales[0], Cells: []CellResult{
		result(groupCell(nopaxos, 3), 3), result(groupCell(unreplicated, 3), 2), result(groupCell(paxos, 3), 9),
	}}
	find := func(name string) Target {
		for _, target := range judge(r) {
			if target.Name == name {
				return target
			}
		}
		t.Fatalf("no target %q", name)
		return Target{}
	}
	missed := find("CPU per operation of the busiest replica, NOPaxos ÷ unreplicated")
	if missed.Met || !missed.Measured || int(missed.Missed) != 42 || !strings.Contains(missed.Outcome(), "missed by 43 %") || missed.Gap() == "" {
		t.Errorf("1.5 against at most 1.05: %+v, %q", missed, missed.Outcome())
	}
	met := find("capacity, NOPaxos ÷ Paxos, 3 replicas")
	if !met.Met || met.Missed != 0 || met.Outcome() != "3.00, met" || met.Gap() != "" {
		t.Errorf("3 against at least 2.5: %+v, %q", met, met.Outcome())
	}
	if unknown := find("capacity, NOPaxos ÷ hashicorp/raft, 3 replicas, 64 callers"); unknown.Measured || unknown.Met || unknown.Outcome() != "not measured" {
		t.Errorf("%+v, expected not measured", unknown)
	}
}

func TestClaims(t *testing.T) {
	r := &results{Scale: &Scales[0], Cells: []CellResult{
		result(groupCell(nopaxos, 5), 1), result(groupCell(paxos, 5), 5), result(groupCell(specPaxos, 5), 1.1), result(groupCell(fastPaxos, 5), 2),
	}}
	for system, cpu := range map[string][]float64{
		nopaxos: {100, 200, 100, 100, 100}, paxos: {500, 1000, 500, 500, 500}, fastPaxos: {200, 400, 200, 200, 200},
		batching: {90, 220, 110, 110, 110},
	} {
		m := r.isolatedResult(leaderAlone(system, 5, isolated.OnePrice))
		for round, v := range cpu {
			m.Samples = append(m.Samples, IsolatedSample{Round: round, Sample: isolated.Sample{CPU: v}})
		}
	}
	r.Scale = &Scales[1]
	m := r.isolatedResult(leaderAlone(unreplicated, 1, isolated.OnePrice)) // with too few rounds
	m.Samples = []IsolatedSample{{Sample: isolated.Sample{CPU: 100}}}
	got := append(check(figureLatency.Claims, r)[:1], check(figureIsolated.Claims, r)...)
	for i, want := range []Verdict{inDirection, notMeasured, holds, inDirection, noVerdict} {
		if got[i].Verdict != want {
			t.Errorf("%+v, expected %q", got[i], want)
		}
	}
}

// The longest plan, with all systems present, stays within the time that the Makefile promises.
func TestScalesKeepTheirTime(t *testing.T) {
	for _, scale := range Scales {
		if scale.Limit == 0 {
			continue
		}
		b := &bench{cfg: &Config{Scale: scale, Profile: scale.Name == "full"}, results: results{Absent: map[string]string{}}}
		figures, err := b.cfg.figures()
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, s := range b.steps(figures) {
			sum += b.estimate(s)
		}
		if about := time.Duration(sum * float64(time.Second)); about > scale.Limit*85/100 {
			t.Errorf("%s scale: about %v, expected at most 85 %% of %v", scale.Name, about, scale.Limit)
		} else {
			t.Logf("%s scale: about %v of %v", scale.Name, about.Round(time.Second), scale.Limit)
		}
	}
}

func TestPeak(t *testing.T) {
	f := Failover{Killed: 100, Outage: 50, Timeline: make([]uint32, 400)}
	for i := range f.Timeline {
		switch {
		case i < 100 || i >= 200:
			f.Timeline[i] = 10
		case i >= 150:
			f.Timeline[i] = 2
		}
	}
	if at, ok := f.peak(); !ok || at < 95 || at > 100 {
		t.Errorf("the rate is back after %v ms (%v), expected about 98", at, ok)
	}
	clear(f.Timeline[150:])
	if _, ok := f.peak(); ok {
		t.Error("a rate that does not recover is back")
	}
}
