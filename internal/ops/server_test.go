package ops

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

func get(t *testing.T, s *Server, method, path string) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(method, path, nil))
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(text)
}

func TestPages(t *testing.T) {
	var unhealthy error
	rate := -1.0
	own := prometheus.NewCounter(prometheus.CounterOpts{Name: "nopaxos_own_total", Help: "The role's own."})
	own.Inc()
	s, err := Listen(Config{
		Name:    "replica-1",
		Metrics: own,
		Status: func(r *status.Role) {
			r.Replica = &status.Replica{Group: "kv", Status: status.Normal, LogEnd: 7}
			r.AddCounter("replica_no_ops", 3)
		},
		Healthy: func() error { return unhealthy },
		Drop:    func(r float64) { rate = r },
	})
	if err != nil {
		t.Fatal(err)
	}
	if code, body := get(t, s, "GET", "/healthz"); code != http.StatusOK || body != "ok\n" {
		t.Errorf("healthz: %d %q", code, body)
	}
	unhealthy = errors.New("an invariant is broken")
	if code, body := get(t, s, "GET", "/healthz"); code != http.StatusServiceUnavailable || body != "replica-1: an invariant is broken\n" {
		t.Errorf("healthz: %d %q", code, body)
	}
	if _, body := get(t, s, "GET", "/status"); !strings.Contains(body, `"log_end": 7`) {
		t.Errorf("status: %s", body)
	}
	_, metrics := get(t, s, "GET", "/metrics")
	for _, want := range []string{"# HELP nopaxos_replica_no_ops_total Slots that", "nopaxos_replica_no_ops_total 3", `nopaxos_log_end_slot{group="kv"} 7`, "process_resident_memory_bytes", "nopaxos_own_total 1"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if code, _ := get(t, s, "POST", "/faults?drop=0.25"); code != http.StatusOK || rate != 0.25 {
		t.Errorf("faults: %d, rate %v", code, rate)
	}
	for _, bad := range []string{"", "x", "-1", "1.5", "NaN"} {
		if code, _ := get(t, s, "POST", "/faults?drop="+bad); code != http.StatusBadRequest {
			t.Errorf("drop=%s: %d", bad, code)
		}
	}
	if code, _ := get(t, s, "GET", "/faults?drop=1"); code != http.StatusMethodNotAllowed || rate != 0.25 {
		t.Errorf("GET of faults: %d", code)
	}
}

func TestFaultsAreOffByDefault(t *testing.T) {
	s, err := Listen(Config{Name: "replica-1"})
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := get(t, s, "POST", "/faults?drop=1"); code != http.StatusNotFound {
		t.Errorf("got %d", code)
	}
}

func TestAddressInUse(t *testing.T) {
	first, err := Listen(Config{Name: "a", Address: netip.MustParseAddrPort("127.0.0.1:0")})
	if err != nil {
		t.Fatal(err)
	}
	defer first.ln.Close()
	taken := netip.MustParseAddrPort(first.ln.Addr().String())
	if _, err := Listen(Config{Name: "b", Address: taken}); err == nil || !strings.Contains(err.Error(), taken.String()) {
		t.Errorf("got %v, expected an error with %v", err, taken)
	}
}

// TestCountersHaveHelp compares the help texts with the counters that roles have.
func TestCountersHaveHelp(t *testing.T) {
	var r status.Role
	r.AddCounters("replica", replica.Counters{})
	r.AddCounters("oum", oumlib.Stats{})
	r.AddCounters("transport", transport.Stats{})
	r.AddCounters("client", client.Stats{})
	r.AddCounters("p4runtime", sequencer.Stats{})
	r.AddCounters("sequencer", udp.Stats{})
	for _, reason := range udp.Reasons() {
		r.AddCounter("sequencer_dropped_"+strings.ReplaceAll(reason.String(), "-", "_"), 0)
	}
	for name := range r.Counters {
		if counterHelp[name] == "" {
			t.Errorf("counter %s has no help text", name)
		}
	}
	for name := range counterHelp {
		if _, ok := r.Counters[name]; !ok {
			t.Errorf("there is a help text for %s, which no role counts", name)
		}
	}
}
