package main

import (
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
)

// TestReportsCountTogether: replicas that are told to be patient report the same failure up to that patience apart.
func TestReportsCountTogether(t *testing.T) {
	for patience, want := range map[time.Duration]time.Duration{
		0: 500 * time.Millisecond, 50 * time.Millisecond: 500 * time.Millisecond, 3 * time.Second: 6 * time.Second,
	} {
		if got := controllerTiming(limits.Timing{SuspectSequencer: patience}).ReportWindow; got != want {
			t.Errorf("with suspect_sequencer %v reports within %v count together, want %v", patience, got, want)
		}
	}
}
