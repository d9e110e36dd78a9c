package model

import (
	"math"
	"strings"
	"testing"
	"time"
)

// costs calibrates.
func costs(t *testing.T, c Calibration, s Split) Costs {
	t.Helper()
	costs, err := calibrate(c, s)
	if err != nil {
		t.Fatal(err)
	}
	return costs
}

func measure(t *testing.T, load workload, warmUp, operations int) Outcome {
	t.Helper()
	o, err := runLoad(load, warmUp, operations)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestUnreplicatedIsWhatItWasCalibratedOn checks that the model reproduces the curve of its calibration.
func TestUnreplicatedIsWhatItWasCalibratedOn(t *testing.T) {
	for _, test := range []struct {
		name string
		c    Calibration
		s    Split
	}{
		{"the paper's", Paper, Even},
		{"with an execution that counts", Paper, Split{Execute: 0.4, Send: 0.3}},
		{"with turns that count", Calibration{Throughput: 400_000, Latency: 60 * time.Microsecond, Turn: 5 * time.Microsecond}, Even},
	} {
		t.Run(test.name, func(t *testing.T) {
			load := workload{System: unreplicated, Clients: 1, Callers: 1, Seed: 1, Costs: costs(t, test.c, test.s)}
			if got := measure(t, load, 100, 500).Median; math.Abs(float64(got-test.c.Latency)) > 0.005*float64(test.c.Latency) {
				t.Errorf("latency with one caller is %v, calibrated %v", got, test.c.Latency)
			}
			load.Clients, load.Callers = 128, 1
			if got := measure(t, load, 2000, 20_000).Throughput; math.Abs(got-test.c.Throughput) > 0.01*test.c.Throughput {
				t.Errorf("highest throughput is %.0f/s, calibrated %.0f", got, test.c.Throughput)
			}
		})
	}
}

func TestCalibrateRefuses(t *testing.T) {
	for _, test := range []struct {
		c    Calibration
		s    Split
		want string
	}{
		{Calibration{Latency: time.Second}, Even, "throughput 0"},
		{Calibration{Throughput: 1e6, Latency: time.Microsecond}, Even, "expected at least"},
		{Calibration{Throughput: 1e6, Latency: time.Second, Turn: time.Second}, Even, "a turn takes 1s"},
		{Paper, Split{Execute: 1}, "split is"},
	} {
		if _, err := calibrate(test.c, test.s); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Calibrate(%+v, %+v): %v, expected %q", test.c, test.s, err, test.want)
		}
	}
}

func TestReadCalibration(t *testing.T) {
	const results = `{"Format": 1, "Cells": [
		{"System": "nopaxos", "Machine": "echo", "Callers": 1, "Summary": {"P50": {"Median": 99}}},
		{"System": "unreplicated", "Machine": "kv", "Callers": 1, "Summary": {"P50": {"Median": 98}}},
		{"System": "unreplicated", "Machine": "echo", "Callers": 1, "Summary": {"P50": {"Median": 30}, "BusiestCPU": {"Median": 5.15}}},
		{"System": "unreplicated", "Machine": "echo", "Callers": 64, "Saturated": true,
		 "Summary": {"P50": {"Median": 97}, "BusiestCPU": {"Median": 2}, "Capacity": {"Median": 500000}}}]}`
	c, err := ReadCalibration(strings.NewReader(results), "results.json")
	if err != nil {
		t.Fatal(err)
	}
	if c.Throughput != 500_000 || c.Turn != 3200*time.Nanosecond || c.Latency < 42*time.Microsecond || c.Latency > 43*time.Microsecond {
		t.Errorf("calibration is %+v, expected 500000/s, turns of 3.2µs, and 30µs and 12 links", c)
	}
	for _, bad := range []string{"", "{}", `{"Cells": [{"System": "unreplicated", "Machine": "echo", "Callers": 1}]}`} {
		if _, err := ReadCalibration(strings.NewReader(bad), "results.json"); err == nil || !strings.HasPrefix(err.Error(), "results.json: ") {
			t.Errorf("of %q: %v, expected an error that names the file", bad, err)
		}
	}
}
