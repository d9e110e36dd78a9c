package model

import (
	"context"
	"os"
	"testing"
)

func TestProbe(t *testing.T) {
	sc := Full
	sc.Replicas = []int{9, 101}
	sc.Operations = 2000
	sc.Loss = sc.Loss[2:]
	r, err := Run(context.Background(), Config{Calibration: Paper, Split: Even, Seed: 1, Scale: sc})
	if err != nil {
		t.Fatal(err)
	}
	r.WriteText(os.Stdout)
}
