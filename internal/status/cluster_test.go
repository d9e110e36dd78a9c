package status

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
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

// query returns the status of a cluster whose roles give these answers; a nil one does not answer. The group
// survives f failures.
func query(t *testing.T, f int, controller, a, b, kv *Role, replicas ...*Role) *Cluster {
	t.Helper()
	closed := httptest.NewServer(nil)
	closed.Close()
	at := func(r *Role) netip.AddrPort {
		if r == nil {
			return netip.MustParseAddrPort(closed.Listener.Addr().String())
		}
		return serve(t, *r)
	}
	file := &cluster.File{
		Name:        "lab",
		Controllers: []cluster.Controller{{HTTP: at(controller)}},
		Sequencers:  []cluster.Sequencer{{Name: "a", HTTP: at(a)}, {Name: "b", HTTP: at(b)}},
		Groups:      []cluster.Group{{Name: "kv", Address: netip.MustParseAddr("10.97.0.1"), F: f}},
		KV:          []cluster.KV{{Group: "kv", HTTP: at(kv)}},
	}
	for _, r := range replicas {
		file.Groups[0].Replicas = append(file.Groups[0].Replicas, cluster.Replica{HTTP: at(r)})
	}
	return Query(t.Context(), file, time.Minute)
}

// controls is a controller that has session 4 of the group on sequencer b.
func controls(phase, a, b string) *Role {
	return &Role{Controller: &Controller{
		Groups:  []ControlledGroup{{Name: "kv", Session: 4, Sequencer: "b", Phase: phase}},
		Targets: []Target{{Name: "a", State: a}, {Name: "b", State: b}},
	}}
}

// withTarget adds a switch of the topology that is ready.
func withTarget(r *Role, name string) *Role {
	r.Controller.Targets = append(r.Controller.Targets, Target{Name: name, State: targetReady})
	return r
}

func stamps(session uint32) *Role {
	return &Role{Sequencer: &Sequencer{Groups: []SequencedGroup{{Group: "10.97.0.1", Session: session}}}}
}

// in is replica number index of three, in the view <leader,session>.
func in(index int, leader uint64, session uint32, phase string) *Role {
	return &Role{Replica: &Replica{
		Group: "kv", Index: index, Leader: leader, Session: session, IsLeader: phase == Normal && int(leader)%3 == index, Status: phase,
	}}
}

func TestVerdict(t *testing.T) {
	const refused = "unreachable: connection refused"
	up := controls(phaseActive, targetReady, targetReady)
	standby, kv := &Role{Sequencer: &Sequencer{}}, &Role{KV: &KV{}}
	normal := func(n int) (replicas []*Role) {
		for i := range n {
			r := in(i, 3, 4, Normal)
			r.Replica.IsLeader = i == 0
			replicas = append(replicas, r)
		}
		return replicas
	}
	with := func(replicas []*Role, at int, r *Role) []*Role {
		replicas[at] = r
		return replicas
	}
	for _, c := range []struct {
		name         string
		f            int
		controller   *Role
		a, b, kv     *Role
		replicas     []*Role
		want         Verdict
		missing, why string // a part of each
	}{
		{"whole", 1, up, standby, stamps(4), kv, normal(3), OK, "", ""},
		{"a replica of three is dead", 1, up, standby, stamps(4), kv, with(normal(3), 1, nil), AtRisk,
			"replica-1: " + refused, "no further replica may fail"},
		{"a replica of three recovers", 1, up, standby, stamps(4), kv, with(normal(3), 1, in(1, 0, 4, Recovering)), AtRisk,
			"replica-1 is recovering in view <0,4>, the leader's is <3,4>", "no further replica may fail"},
		{"a recovering replica is the next view's leader", 1, up, standby, stamps(4), kv, with(normal(3), 1, in(1, 4, 4, Recovering)), AtRisk,
			"replica-1 is recovering", "no further replica may fail"},
		{"a replica of three is in an older view", 1, up, standby, stamps(4), kv, with(normal(3), 1, in(1, 3, 3, Normal)), AtRisk,
			"replica-1 is normal in view <3,3>, the leader's is <3,4>", "no further replica may fail"},
		{"a replica of five is dead", 2, up, standby, stamps(4), kv, with(normal(5), 4, nil), Degraded, "replica-4: " + refused, ""},
		{"two replicas of five are dead", 2, up, standby, stamps(4), kv, with(with(normal(5), 4, nil), 3, nil), AtRisk, "replica-3: " + refused,
			"no further replica may fail"},
		{"three replicas of five are dead", 2, up, standby, stamps(4), kv, with(with(with(normal(5), 4, nil), 3, nil), 2, nil), NotServing,
			"replica-2: " + refused, "no leader with f others"},
		{"one replica", 0, up, standby, stamps(4), kv, normal(1), AtRisk, "", "the group has one replica"},
		{"the leader is alone", 1, up, standby, stamps(4), kv, with(with(normal(3), 1, nil), 2, nil), NotServing, "replica-1: " + refused, "no leader with f others"},
		{"the others are in another view", 1, up, standby, stamps(4), kv, []*Role{in(0, 3, 4, Normal), in(1, 3, 5, Normal), in(2, 3, 5, "view-change")},
			NotServing, "replica-1 is normal in view <3,5>", "no leader with f others"},
		{"the leader changes view", 1, up, standby, stamps(4), kv, with(normal(3), 0, in(0, 3, 4, "view-change")), NotServing,
			"replica-0 is in a view change in view <3,4>", "no leader with f others"},
		{"a deposed leader lives on", 1, up, standby, stamps(4), kv, []*Role{in(0, 3, 4, Normal), in(1, 4, 4, Normal), in(2, 4, 4, Normal)}, AtRisk,
			"replica-0 is normal in view <3,4>, the leader's is <4,4>", "no further replica may fail"},
		{"no replica answers", 1, up, standby, stamps(4), kv, []*Role{nil, nil, nil}, NotServing, "replica-0: " + refused, "no leader with f others"},
		{"a replica's log is full", 1, up, standby, stamps(4), kv, with(normal(3), 1, &Role{Replica: &Replica{Leader: 3, Session: 4, Status: Normal, Full: true}}),
			Degraded, "", "replica-1 has no memory for more log"},

		{"both sequencers are dead", 1, controls("searching", targetDown, targetDown), nil, nil, kv, normal(3), NotServing,
			"b: " + refused, "no active sequencer for the group: it is searching"},
		{"both sequencers have just died", 1, controls(phaseActive, targetDown, targetDown), nil, nil, kv, normal(3), NotServing,
			"a: " + refused, "sequencer b answers neither the controller nor this command"},
		{"sequencers and controller are dead", 1, nil, nil, nil, kv, normal(3), NotServing, "controller-0: " + refused, "no sequencer stamps requests in session 4"},
		{"the standby is dead", 1, controls(phaseActive, targetDown, targetReady), nil, stamps(4), kv, normal(3), AtRisk,
			"a: " + refused, "no standby sequencer is ready"},
		{"the controller does not reach the standby", 1, controls(phaseActive, targetDown, targetReady), standby, stamps(4), kv, normal(3), AtRisk,
			"controller-0 has sequencer a in state down, expected ready", "no standby sequencer is ready"},
		{"a switch that is no sequencer is ready", 1, withTarget(controls(phaseActive, targetDown, targetReady), "transit"), nil, stamps(4), kv, normal(3), AtRisk,
			"a: " + refused, "no standby sequencer is ready"},
		{"the controller reaches no sequencer", 1, controls("searching", targetDown, targetDown), standby, stamps(4), kv, normal(3), AtRisk,
			"sequencer b in state down", "no standby sequencer is ready"},
		{"the replicas are behind the sequencer", 1, up, standby, stamps(5), kv, []*Role{in(0, 3, 3, Normal), in(1, 3, 3, Normal), in(2, 3, 3, Normal)}, NotServing,
			"", "session 4 is installed on sequencer b, the replicas are in session 3"},
		{"the controller is dead", 1, nil, standby, stamps(4), kv, normal(3), AtRisk, "controller-0: " + refused, "no controller answers"},
		{"the front-end is dead", 1, up, standby, stamps(4), nil, normal(3), NotServing, "kv-0: " + refused, "no front-end answers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := query(t, c.f, c.controller, c.a, c.b, c.kv, c.replicas...)
			g := s.Groups[0]
			if s.Verdict != c.want || g.Verdict != c.want {
				t.Errorf("verdict %s, of the group %s, expected %s", s.Verdict, g.Verdict, c.want)
			}
			missing := strings.Join(slices.Concat(s.Missing, g.Missing), "\n")
			if !strings.Contains(missing, c.missing) || (c.missing == "") != (missing == "") {
				t.Errorf("missing: %q, expected %q", missing, c.missing)
			}
			why := strings.Join(append(g.Risks, g.Problem), "\n")
			if !strings.Contains(why, c.why) || (c.why == "") != (why == "") {
				t.Errorf("reasons: %q, expected %q", why, c.why)
			}
			if err := s.Serving(); (err != nil) != (c.want == NotServing) {
				t.Errorf("Serving: %v", err)
			}
			// A verdict other than ok without a missing member comes from the configuration or the load.
			if err := s.Whole(); (err != nil) != (c.missing != "" || c.want == NotServing) {
				t.Errorf("Whole: %v", err)
			}
			var table bytes.Buffer
			if err := s.WriteTable(&table); err != nil {
				t.Fatal(err)
			}
			for _, text := range []string{c.want.String(), c.missing, c.why} {
				if !strings.Contains(table.String(), text) {
					t.Errorf("no %q in the table\n%s", text, &table)
				}
			}
		})
	}
}

// TestVerdictText checks that verdicts differ in exit status and survive JSON.
func TestVerdictText(t *testing.T) {
	statuses := make(map[int]bool)
	for v := OK; v <= NotServing; v++ {
		text, err := json.Marshal(Cluster{Verdict: v})
		var back Cluster
		if err := errors.Join(err, json.Unmarshal(text, &back)); err != nil || back.Verdict != v || !strings.Contains(string(text), v.String()) {
			t.Errorf("%s became %s in %s, %v", v, back.Verdict, text, err)
		}
		statuses[v.ExitStatus()] = true
	}
	if len(statuses) != 4 || statuses[1] || statuses[2] || OK.ExitStatus() != 0 {
		t.Errorf("exit statuses %v, expected 0 and three others above 2", statuses)
	}
	if err := new(Verdict).UnmarshalText([]byte("fine")); err == nil {
		t.Error("verdict fine is accepted")
	}
}

// TestRecoveringRole checks that a recovering replica has no other role, even at the head of its view.
func TestRecoveringRole(t *testing.T) {
	r := &Replica{Leader: 3, Status: Recovering, IsLeader: true}
	if got := r.role(); got != Recovering {
		t.Errorf("role %s, expected %s", got, Recovering)
	}
}

// TestProblem checks the explanation for a group that does not serve.
func TestProblem(t *testing.T) {
	role := func(index int, phase string) *Role { return in(index, 3, 4, phase) }
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
		s := query(t, 1, controls(phaseActive, targetReady, targetReady), stamps(0), stamps(4), &Role{KV: &KV{}}, c.replicas...)
		if got := s.Groups[0].Problem; !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
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
