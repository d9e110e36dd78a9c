package model

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Stretch is the detour through a sequencer: the time that it adds to shortest paths until a quorum of a group has a
// client's message. Hosts are anywhere in the tree.
type Stretch struct {
	Replicas int
	Same     float64 // share of the groups and clients without a detour
	Mean     time.Duration
	P99      time.Duration
	Most     time.Duration
}

// stretched are the group sizes; the paper has five receivers.
var stretched = []int{3, 5, 9}

// stretch repeats the paper's simulation in §4.1 without its background traffic: it measures path lengths only.
func (s *study) stretch(r *Report) error {
	rng := rand.New(rand.NewPCG(s.cfg.Seed, 3))
	for _, n := range stretched {
		if err := s.ctx.Err(); err != nil {
			return err
		}
		r.Stretch = append(r.Stretch, s.stretchOf(n, rng))
	}
	return nil
}

func (s *study) stretchOf(n int, rng *rand.Rand) Stretch {
	var counts [crossing + 1]int // by added links
	group, direct, around := make([]place, n), make([]int, n), make([]int, n)
	for range s.cfg.Scale.Groups {
		client := place(rng.IntN(hosts))
		for i := range group {
			group[i] = another(rng, client, group[:i])
		}
		for i, to := range group {
			direct[i] = links(client, to)
			around[i] = linksThrough(client, group, to)
		}
		slices.Sort(direct)
		slices.Sort(around)
		counts[around[n/2]-direct[n/2]]++
	}
	out := Stretch{Replicas: n, Same: float64(counts[0]) / float64(s.cfg.Scale.Groups)}
	seen, sum := 0, 0
	for added, k := range counts {
		latency := time.Duration(added) * s.costs.Link
		if seen < s.cfg.Scale.Groups*99/100 && k > 0 {
			out.P99 = latency
		}
		if k > 0 {
			out.Most = latency
		}
		seen += k
		sum += added * k
	}
	out.Mean = time.Duration(float64(sum) / float64(s.cfg.Scale.Groups) * float64(s.costs.Link))
	return out
}

// another draws a host that is not among the given ones.
func another(rng *rand.Rand, client place, group []place) place {
	for {
		if at := place(rng.IntN(hosts)); at != client && !slices.Contains(group, at) {
			return at
		}
	}
}

// linksThrough is the length of a path from a client to a member of a group through the sequencer, which is the
// members' lowest common ancestor (§4.1).
func linksThrough(client place, group []place, to place) int {
	oneEdge, onePod := true, true
	for _, at := range group {
		oneEdge = oneEdge && at.edge() == to.edge()
		onePod = onePod && at.pod() == to.pod()
	}
	up := links(client, to) / 2 // to the common ancestor of client and member, unless it is below the sequencer
	switch {
	case oneEdge:
		return links(client, to)
	case onePod:
		return max(2*up, 4)
	}
	return crossing
}
