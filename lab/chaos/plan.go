package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// Step is what is done to the cluster at a time.
type Step struct {
	Number int
	Name   string
	Faults []Fault
	Hold   time.Duration // how long they last
	// Survivable says that the cluster has to serve on while they last, after at most a pause of
	// Config.Bound.
	Survivable bool
}

// Fault is one thing that is broken.
type Fault struct {
	Kind  Kind
	Who   []Role        // whom it befalls; those that stand for the same process count once
	From  []Role        // Cut: whose packets do not get to Who
	Loss  float64       // Lose: the share of the packets, 0 to 1
	Ahead time.Duration // Kill: how far the clock of the process that is started again is ahead of the machine's
}

// Kind is a kind of fault.
type Kind string

// The kinds of faults.
const (
	Kill   Kind = "kill"   // the process dies, and is started again at the end
	Freeze Kind = "freeze" // the process stands still (SIGSTOP)
	Unplug Kind = "unplug" // the host's cable is pulled
	Flap   Kind = "flap"   // the same several times, briefly
	Lose   Kind = "lose"   // every host loses a share of the packets that arrive
	Cut    Kind = "cut"    // packets from some hosts do not get to others
)

// Role is a role's name, like "replica-0", or one of those below, which stand for whoever it is when the
// step begins.
type Role string

// Roles that wander, and all of them.
const (
	Leader    Role = "leader"
	Follower  Role = "follower"         // one of them
	Sequencer Role = "active sequencer" // that of the current session
	Standby   Role = "standby sequencer"
	Everybody Role = "everybody" // else
)

// String says what the fault is, in a few words.
func (f Fault) String() string {
	switch f.Kind {
	case Lose:
		return fmt.Sprintf("lose %.2g%% everywhere", 100*f.Loss)
	case Cut:
		return fmt.Sprintf("cut %s off from %s", join(f.Who), join(f.From))
	}
	return string(f.Kind) + " " + join(f.Who)
}

func join(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, "+")
}

// Plan is what a seed decides.
type Plan struct {
	seed  uint64
	roles []Role // the hosts of the testbed
}

// NewPlan returns the plan of a seed for a cluster with these hosts.
func NewPlan(seed uint64, roles []Role) *Plan { return &Plan{seed: seed, roles: roles} }

// Step returns step number n, from 0. Every scene has its turn before one comes again.
func (p *Plan) Step(n int) Step {
	scenes := p.scenes()
	turn := p.stream(order, n/len(scenes)).Perm(len(scenes))
	d := &draw{Rand: p.stream(details, n), roles: p.roles}
	s := scenes[turn[n%len(scenes)]](d)
	s.Number = n
	s.Hold = shortestHold + d.upTo(longestHold-shortestHold)
	if s.Survivable && s.Faults[0].Kind != Lose && d.IntN(3) == 0 {
		s.Faults = append(s.Faults, Fault{Kind: Lose, Loss: d.loss(backgroundLoss)})
	}
	names := make([]string, len(s.Faults))
	for i, f := range s.Faults {
		names[i] = f.String()
	}
	s.Name = strings.Join(names, ", ")
	return s
}

// Streams of random numbers.
const (
	order   = 1 << 32
	details = 2 << 32
)

// stream returns the numbers of something, counted from 0.
func (p *Plan) stream(of uint64, n int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, of+uint64(n)))
}

// How long the faults of a step last: longer than service may stand still.
const (
	shortestHold = 2500 * time.Millisecond
	longestHold  = 4 * time.Second
)

// draw draws details.
type draw struct {
	*rand.Rand
	roles []Role
}

func (d *draw) upTo(t time.Duration) time.Duration { return time.Duration(d.Int64N(int64(t))) }

// Shares of packets that are lost: more would leave little to order, and show little.
const (
	heavyLoss      = 0.05
	backgroundLoss = 0.01
)

// loss draws a share between a tenth of most and most.
func (d *draw) loss(most float64) float64 { return most * (0.1 + 0.9*d.Float64()) }

// ahead draws how far a clock is ahead: as if its machine had booted up to half a year before this one.
func (d *draw) ahead() time.Duration { return d.upTo(180 * 24 * time.Hour) }

// one draws a role among those with one of these kinds; none: among all.
func (d *draw) one(kinds ...string) Role {
	var among []Role
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
