package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// step is a set of concurrent faults.
type step struct {
	Number int
	Name   string
	Faults []fault
	Hold   time.Duration // duration of the faults
	// Survivable means that the cluster has to serve during the faults, after a pause of at most
	// config.Bound.
	Survivable bool
}

// fault is one thing that breaks.
type fault struct {
	Kind  kind
	Who   []role        // victims; those that stand for the same process count once
	From  []role        // cut: hosts whose packets do not reach Who
	Loss  float64       // lose: the share of the packets, 0 to 1
	Ahead time.Duration // kill: offset of the restarted process's clock from the machine's
}

type kind string

// The kinds of faults.
const (
	kill   kind = "kill"   // the process dies, and is restarted at the end
	freeze kind = "freeze" // the process is suspended (SIGSTOP)
	unplug kind = "unplug" // the host's cable is pulled
	flap   kind = "flap"   // the host's cable is pulled and plugged several times
	lose   kind = "lose"   // every host loses a share of the arriving packets
	cut    kind = "cut"    // packets from some hosts do not reach others
)

// role is a role's name, like "replica-0", or one of those below, which stand for the roles that play them
// when the step begins.
type role string

const (
	leader    role = "leader"
	follower  role = "follower"         // one of them
	sequencer role = "active sequencer" // of the current session
	standby   role = "standby sequencer"
	everybody role = "everybody"
)

// String describes the fault in a few words.
func (f fault) String() string {
	switch f.Kind {
	case lose:
		return fmt.Sprintf("lose %.2g%% everywhere", 100*f.Loss)
	case cut:
		return fmt.Sprintf("cut %s off from %s", join(f.Who), join(f.From))
	}
	return string(f.Kind) + " " + join(f.Who)
}

func join(roles []role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, "+")
}

// plan derives all steps from a seed.
type plan struct {
	seed  uint64
	roles []role // the hosts of the testbed
}

// newPlan returns the plan for a cluster with these hosts.
func newPlan(seed uint64, roles []role) *plan { return &plan{seed: seed, roles: roles} }

// step returns step number n, counted from 0. No scene is repeated before all others had their turn.
func (p *plan) step(n int) step {
	scenes := p.scenes()
	turn := p.stream(order, n/len(scenes)).Perm(len(scenes))
	d := &draw{Rand: p.stream(details, n), roles: p.roles}
	s := scenes[turn[n%len(scenes)]](d)
	s.Number = n
	s.Hold = shortestHold + d.upTo(longestHold-shortestHold)
	if s.Survivable && s.Faults[0].Kind != lose && d.IntN(3) == 0 {
		s.Faults = append(s.Faults, fault{Kind: lose, Loss: d.loss(backgroundLoss)})
	}
	names := make([]string, len(s.Faults))
	for i, f := range s.Faults {
		names[i] = f.String()
	}
	s.Name = strings.Join(names, ", ")
	return s
}

// The streams of random numbers.
const (
	order   = 1 << 32
	details = 2 << 32
)

// stream returns random numbers for the n-th use of a stream.
func (p *plan) stream(of uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, of+uint64(n)))
}

// The duration of a step's faults. It exceeds the longest pause in service that the bound allows.
const (
	shortestHold = 2500 * time.Millisecond
	longestHold  = 4 * time.Second
)

// draw draws the details of a step.
type draw struct {
	*rand.Rand
	roles []role
}

func (d *draw) upTo(t time.Duration) time.Duration { return time.Duration(d.Int64N(int64(t))) }

// The largest shares of lost packets. With more, few messages would be ordered, and little tested.
const (
	heavyLoss      = 0.05
	backgroundLoss = 0.01
)

// loss draws a share between a tenth of most and most.
func (d *draw) loss(most float64) float64 { return most * (0.1 + 0.9*d.Float64()) }

// ahead draws the offset of a clock, as if its machine had booted up to half a year before this one.
func (d *draw) ahead() time.Duration { return d.upTo(180 * 24 * time.Hour) }

// one draws a role of one of these kinds, or any role if none is given.
func (d *draw) one(kinds ...string) role {
	var among []role
	for _, r := range d.roles {
		kind, _, _ := strings.Cut(string(r), "-")
		for _, k := range kinds {
			if k == kind {
				among = append(among, r)
			}
		}
	}
	if len(kinds) == 0 {
		among = d.roles
	}
	return among[d.IntN(len(among))]
}
