package status

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster"
)

// serve serves /status like a role and returns the address.
func serve(t *testing.T, role Role) netip.AddrPort {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(role)
	}))
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

func replica(index int, leader uint64, session uint32, phase string) Role {
	return Role{Name: "x", Replica: &Replica{
		Group: "kv", Index: index, Leader: leader, Session: session, IsLeader: int(leader)%3 == index, Status: phase,
	}}
}

// query queries a cluster of three replicas; a nil one does not answer.
func query(t *testing.T, replicas ...*Role) *Cluster {
	t.Helper()
	f := &cluster.File{
		Name: "lab",
		Controllers: []cluster.Controller{{HTTP: serve(t, Role{Controller: &Controller{
			Groups: []ControlledGroup{{Name: "kv", Session: 4, Sequencer: "b"}},
		}})}},
		Sequencers: []cluster.Sequencer{{Name: "a"}, {Name: "b", HTTP: serve(t, Role{Sequencer: &Sequencer{}})}},
		Groups:     []cluster.Group{{Name: "kv", Address: netip.MustParseAddr("10.97.0.1"), F: 1}},
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, r := range replicas {
		a := netip.MustParseAddrPort(closed.Listener.Addr().String())
		if r != nil {
			a = serve(t, *r)
		}
		f.Groups[0].Replicas = append(f.Groups[0].Replicas, cluster.Replica{HTTP: a})
	}
	return Query(context.Background(), f, time.Minute)
}

func TestQuery(t *testing.T) {
	role := func(index int, leader uint64, session uint32, phase string) *Role {
		r := replica(index, leader, session, phase)
		return &r
	}
	for _, c := range []struct {
		name     string
		replicas []*Role
		ok       bool
		leader   int
		view     string
	}{
		{"all normal", []*Role{role(0, 3, 4, Normal), role(1, 3, 4, Normal), role(2, 3, 4, Normal)}, true, 0, "<3,4>"},
		{"one is gone", []*Role{role(0, 3, 4, Normal), nil, role(2, 3, 4, Normal)}, true, 0, "<3,4>"},
		{"one recovers", []*Role{role(0, 3, 4, Normal), role(1, 0, 4, Recovering), role(2, 3, 4, Normal)}, true, 0, "<3,4>"},
		{"the leader is alone", []*Role{role(0, 3, 4, Normal), nil, nil}, false, 0, "<3,4>"},
		{"the others are in another view", []*Role{role(0, 3, 4, Normal), role(1, 3, 5, Normal), role(2, 3, 5, "view-change")}, false, 0, "<3,4>"},
		{"the leader changes view", []*Role{role(0, 3, 4, "view-change"), role(1, 3, 4, Normal), role(2, 3, 4, Normal)}, false, -1, ""},
		{"a deposed leader lives on", []*Role{role(0, 3, 4, Normal), role(1, 4, 4, Normal), role(2, 4, 4, Normal)}, true, 1, "<4,4>"},
		{"nobody is there", []*Role{nil, nil, nil}, false, -1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := query(t, c.replicas...)
			g := s.Groups[0]
			if s.OK != c.ok || g.OK != c.ok || g.Leader != c.leader || g.View != c.view || g.Sequencer != "b" {
				t.Errorf("got %+v", g)
			}
			if s.Sequencers[0].Error != "serves no HTTP" {
				t.Errorf("sequencer a: %q", s.Sequencers[0].Error)
			}
			var table bytes.Buffer
			if err := s.WriteTable(&table); err != nil {
				t.Fatal(err)
			}
			if served := !strings.Contains(table.String(), "NOT SERVING"); served != c.ok {
				t.Errorf("table says\n%s", &table)
			}
		})
	}
}

// TestWhole checks that Whole names the missing part.
func TestWhole(t *testing.T) {
	role := func(index int, session uint32, phase string) *Role {
		r := replica(index, 3, session, phase)
		return &r
	}
	whole := []*Role{role(0, 4, Normal), role(1, 4, Normal), role(2, 4, Normal)}
	for _, c := range []struct {
		replicas []*Role
		target   string
		want     string
	}{
		{whole, targetReady, ""},
		{whole, "down", "controller-0 has sequencer b in state down, expected ready"},
		{[]*Role{role(0, 4, Normal), nil, role(2, 4, Normal)}, targetReady, "replica-1: unreachable: connection refused"},
		{[]*Role{role(0, 4, Normal), role(1, 3, Normal), role(2, 4, Normal)}, targetReady,
			"replica-1 is normal in view <3,3>, the leader's is <3,4>"},
		{[]*Role{role(0, 4, Normal), role(1, 4, Normal), role(2, 4, Recovering)}, targetReady,
			"replica-2 is recovering in view <3,4>, the leader's is <3,4>"},
		{[]*Role{role(0, 4, "view-change"), role(1, 4, Normal), role(2, 4, Normal)}, targetReady,
			"group kv in session 0: no leader with f others that are normal in its view"},
	} {
		s := query(t, c.replicas...)
		s.Controllers[0].Controller.Targets = []Target{{Name: "b", State: c.target}}
		got := ""
		if err := s.Whole(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("got %q, expected %q", got, c.want)
		}
	}
}

// TestProblem checks the explanation for a group that does not serve.
func TestProblem(t *testing.T) {
	role := func(index int, phase string) *Role {
		r := replica(index, 3, 4, phase)
		return &r
	}
	const ordinary = "no leader with f others"
	for _, c := range []struct {
		replicas []*Role
		want     string
	}{
		{[]*Role{role(0, Normal), role(1, Normal), role(2, Recovering)}, ""},
		{[]*Role{role(0, "view-change"), role(1, "view-change"), role(2, Recovering)}, ordinary},
		{[]*Role{nil, nil, role(2, Normal)}, ordinary},
		{[]*Role{role(0, Recovering), role(1, Recovering), role(2, Normal)}, "2 of 3 replicas recover and 0 do not answer: 2 others"},
		{[]*Role{role(0, Recovering), nil, role(2, "view-change")}, "1 of 3 replicas recover and 1 do not answer: 2 others"},
		{[]*Role{role(0, Recovering), role(1, Recovering), role(2, Recovering)}, "the group's state is gone: see nopaxos bootstrap --help"},
	} {
		if got := query(t, c.replicas...).Groups[0].Problem; !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("problem %q, expected %q", got, c.want)
		}
	}
}

// TestProbeErrors checks the one-line reasons for a missing answer.
func TestProbeErrors(t *testing.T) {
	answer := func(h http.HandlerFunc) netip.AddrPort {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return netip.MustParseAddrPort(s.Listener.Addr().String())
	}
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, c := range []struct {
		name     string
		address  netip.AddrPort
		patience time.Duration
		want     string
	}{
		{"nobody listens", netip.MustParseAddrPort(closed.Listener.Addr().String()), time.Minute, "unreachable: connection refused"},
		{"too slow", answer(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), time.Millisecond, "unreachable: no answer in time"},
		{"hangs up", answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), time.Minute, "unreachable: EOF"},
		{"HTTP error", answer(http.NotFound), time.Minute, "answered 404 Not Found, expected 200 OK"},
		{"no JSON", answer(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }), time.Minute,
			"bad answer: invalid character 'h' looking for beginning of value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &cluster.File{KV: []cluster.KV{{HTTP: c.address}}}
			s := Query(t.Context(), f, c.patience)
			if got := s.FrontEnds[0]; got.Role != nil || got.Error != c.want {
				t.Errorf("got %q, expected %q", got.Error, c.want)
			}
			var table bytes.Buffer
			if err := s.WriteTable(&table); err != nil || !strings.Contains(table.String(), c.want) {
				t.Errorf("%v, the table says\n%s", err, &table)
			}
		})
	}
}

func TestCounterNames(t *testing.T) {
	var r Role
	r.AddCounters("core", struct {
		NoOps, SNRSeen, RolledBack uint64
		Phase                      string
		hidden                     uint64
	}{NoOps: 3, hidden: 1})
	for _, name := range []string{"core_no_ops", "core_snr_seen", "core_rolled_back"} {
		if _, ok := r.Counters[name]; !ok {
			t.Errorf("no %s in %v", name, r.Counters)
		}
	}
	if len(r.Counters) != 3 || r.Counters["core_no_ops"] != 3 {
		t.Errorf("got %v", r.Counters)
	}
}
