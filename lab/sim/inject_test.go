package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// strikes runs a calm seed with the given faults and returns its trace.
func strikes(t *testing.T, seed uint64, faults ...Fault) string {
	t.Helper()
	var trace strings.Builder
	r := Run(Config{Seed: seed, Profile: Calm, Faults: faults, Trace: &trace})
	for _, f := range r.Failures {
		t.Error(f)
	}
	return trace.String()
}

// TestMomentsCome checks that every fault that waits for a moment finds it, without breaking a promise.
func TestMomentsCome(t *testing.T) {
	const ms = time.Millisecond
	behind := Fault{At: 50 * ms, Kind: isolate, Node: leading - 1, For: 60 * ms}
	restart := Fault{At: 50 * ms, Kind: crash, Node: leading - 1, For: 5 * ms}
	for _, test := range []struct {
		kind    FaultKind
		moments int
		node    int
		with    []Fault
	}{
		{crashAtRecord, recordMoments, leading - 1, []Fault{{At: 60 * ms, Kind: spuriousFailover}}},
		{crashAtWork, workMoments, 1, []Fault{{At: 50 * ms, Kind: crash, Node: 1}}},
		{crashAtTransfer, whileSending, 1, []Fault{{At: 50 * ms, Kind: crash, Node: 1}}},
		{stopControllerAt, controllerMoments, 0, []Fault{{At: 60 * ms, Kind: spuriousFailover}}},
	} {
		for moment := range test.moments {
			t.Run(fmt.Sprintf("%v %d", test.kind, moment), func(t *testing.T) {
				f := Fault{At: 40 * ms, Kind: test.kind, Node: test.node, Arg: moment, For: 100 * ms}
				trace := strikes(t, 2, append([]Fault{f}, test.with...)...)
				if want := fmt.Sprintf("%v, moment %d", test.kind, moment); !strings.Contains(trace, want) {
					t.Errorf("the trace has no %q", want)
				}
			})
		}
	}
	t.Run("crash-at-transfer of the sender", func(t *testing.T) {
		for seed := uint64(1); seed < 40; seed++ {
			for _, with := range []Fault{behind, restart} {
				f := Fault{At: with.At + with.For, Kind: crashAtTransfer, Node: leading, Arg: whileSending, For: 100 * ms}
				if strings.Contains(strikes(t, seed, with, f), fmt.Sprintf("%v, moment %d", f.Kind, f.Arg)) {
					return
				}
			}
		}
		t.Error("no seed has it")
	})
}

// TestFaultsOfOtherNodes covers clients that crash, nodes of every kind that stall or whose clocks jump, a switch
// that is reset behind its controller's back, and a replica that never comes back.
func TestFaultsOfOtherNodes(t *testing.T) {
	s := draw(4, Calm)
	at := func(i int) time.Duration { return time.Duration(20+10*i) * time.Millisecond }
	for name, faults := range map[string][]Fault{
		"client": {{At: at(1), Kind: crashClient, For: 10 * time.Millisecond}, {At: at(5), Kind: crashClient}},
		"gone":   {{At: at(1), Kind: gone, Node: leading}},
		"wipe":   {{At: at(1), Kind: wipe}, {At: at(15), Kind: wipe, Arg: 1}, {At: at(20), Kind: wipe, Node: 1, Arg: 1}},
		"stalls": func() (faults []Fault) {
			for i := range s.nodes() {
				faults = append(faults, Fault{At: at(2 * i), Kind: pause, Node: i, For: 30 * time.Millisecond})
			}
			return faults
		}(),
		"jumps": func() (faults []Fault) {
			for i := range s.nodes() {
				faults = append(faults, Fault{At: at(2 * i), Kind: clockJump, Node: i, Arg: 3_600_000_000})
			}
			return faults
		}(),
	} {
		t.Run(name, func(t *testing.T) { strikes(t, 4, faults...) })
	}
}
