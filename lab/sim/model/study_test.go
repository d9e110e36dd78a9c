package model

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
)

// TestSameSeedSameReport checks that a seed determines a report exactly.
func TestSameSeedSameReport(t *testing.T) {
	scale := Scale{Operations: 300, Callers: []int{16}, Replicas: []int{3}, Loss: []float64{0.01}, Crashes: 1, Groups: 1000}
	report := func() (text, numbers string) {
		done := 0
		r, err := Run(context.Background(), Config{
			Calibration: Paper, Split: Even, Seed: 1, Scale: scale,
			Progress: func(n, total int) {
				if done = n; n > total {
					t.Errorf("%d measurements of %d", n, total)
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if done == 0 {
			t.Error("no progress was reported")
		}
		var b bytes.Buffer
		if err := r.WriteText(&b); err != nil {
			t.Fatal(err)
		}
		j, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		return b.String(), string(j)
	}
	text1, json1 := report()
	text2, json2 := report()
	if text1 != text2 || json1 != json2 {
		t.Errorf("one seed, two reports:\n%s\n%s", text1, text2)
	}
	for _, system := range allSystems() {
		if !strings.Contains(text1, system.String()) {
			t.Errorf("the report does not mention %v:\n%s", system, text1)
		}
	}
}

func TestRunEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Config{Calibration: Paper, Split: Even, Scale: Full}); err != context.Canceled {
		t.Errorf("a canceled Run returns %v, expected context.Canceled", err)
	}
}
