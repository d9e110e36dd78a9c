package model

import (
	"testing"
	"time"
)

// TestCPUTimeIsConserved checks that no host is busy for longer than the run, and that its work accounts for all of
// its CPU time.
func TestCPUTimeIsConserved(t *testing.T) {
	c := costs(t, Paper, Split{Execute: 0.1, Send: 0.4})
	for _, system := range allSystems() {
		g, err := newGroup(workload{System: system, Replicas: 5, Clients: 16, Callers: 4, Loss: 0.001, Seed: 1, Costs: c})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.run(2000, time.Second); err != nil {
			t.Fatal(err)
		}
		all := []*host{}
		for _, m := range g.members {
			all = append(all, m.host)
		}
		for _, k := range g.callers {
			all = append(all, k.host)
		}
		for _, h := range all {
			w := h.work
			if until := max(h.busyUntil, g.net.Now()); w.Busy > until {
				t.Errorf("%v: %v is busy for %v of %v", system, h.LocalAddr(), w.Busy, until)
			}
			if want := time.Duration(w.Received)*c.Receive + time.Duration(w.Sent)*c.Send + time.Duration(w.Executed)*c.Execute; w.Busy != want {
				t.Errorf("%v: %v is busy for %v, expected %v for %+v", system, h.LocalAddr(), w.Busy, want, w)
			}
		}
	}
}

// TestLeaderPaysForMessages checks that the number of a leader's datagrams per operation decides the group's
// throughput.
func TestLeaderPaysForMessages(t *testing.T) {
	c := costs(t, Paper, Even)
	full := func(s System) Outcome {
		return measure(t, workload{System: s, Replicas: 5, Clients: 64, Callers: 1, Seed: 1, Costs: c}, 1000, 8000)
	}
	ours, paxos := full(nopaxos), full(paxos)
	if share := ours.Throughput / Paper.Throughput; share < 0.98 || share > 1 {
		t.Errorf("NOPaxos reaches %.3f of the unreplicated throughput, expected 0.98 to 1", share)
	}
	if ratio := ours.Throughput / paxos.Throughput; ratio < 4.5 || ratio > 5.1 {
		t.Errorf("NOPaxos reaches %.2f times the throughput of Paxos, expected 4.5 to 5.1", ratio)
	}
	// Paxos's leader receives a request and 4 PREPARE-OKs and sends 4 PREPAREs and a reply.
	if paxos.Received < 4.9 || paxos.Received > 5.1 || paxos.Sent < 4.9 || paxos.Sent > 5.1 {
		t.Errorf("Paxos' leader receives %.2f datagrams for an operation and sends %.2f, expected 5 and 5", paxos.Received, paxos.Sent)
	}
}

// TestLargestGroups checks that cores, clients and sequencer support the largest groups.
func TestLargestGroups(t *testing.T) {
	c := costs(t, Paper, Even)
	for _, system := range compared[1:] {
		measure(t, workload{System: system, Replicas: 101, Clients: 8, Callers: 1, Seed: 1, Costs: c}, 20, 100)
	}
}

// TestSeedDecides checks that the seed determines places and losses.
func TestSeedDecides(t *testing.T) {
	load := workload{System: nopaxos, Replicas: 5, Clients: 16, Callers: 1, Loss: 0.01, Seed: 1, Costs: costs(t, Paper, Even)}
	one := measure(t, load, 100, 1000)
	if again := measure(t, load, 100, 1000); again != one {
		t.Errorf("one seed, two outcomes: %+v and %+v", one, again)
	}
	load.Seed = 2
	if other := measure(t, load, 100, 1000); other == one {
		t.Errorf("two seeds, one outcome: %+v", one)
	}
}

func TestFailover(t *testing.T) {
	s := &study{cfg: Config{Seed: 1}, costs: costs(t, Paper, Even)}
	for _, refused := range []bool{true, false} {
		outage, restored, err := s.crash(crashAfter, refused)
		if err != nil {
			t.Fatal(err)
		}
		if outage <= 0 || outage > 200*time.Millisecond || restored < outage.Truncate(bucket) {
			t.Errorf("refused %v: nothing is executed for %v, all is restored after %v", refused, outage, restored)
		}
	}
}
