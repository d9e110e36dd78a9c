package model

import (
	"testing"
)

func TestProbe(t *testing.T) {
	costs, err := Calibrate(Paper, Even)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", costs)
	for _, s := range Systems() {
		for _, l := range [][2]int{{1, 1}, {32, 2}, {64, 4}} {
			o, err := Measure(Load{System: s, Replicas: 5, Clients: l[0], Callers: l[1], Seed: 1, Costs: costs}, 500, 4000)
			if err != nil {
				t.Error(err)
				continue
			}
			t.Logf("%-30v %v: %+v", s, l, o)
		}
	}
}
