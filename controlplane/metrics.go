package controlplane

import (
	"encoding/json"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the controller's, in a registry of their own.
type metrics struct {
	registry       *prometheus.Registry
	sessions       prometheus.Counter
	storeFailures  prometheus.Counter
	reports        prometheus.Counter
	targetFailures *prometheus.CounterVec // sequencer, effect
}

func newMetrics(c *Controller) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		sessions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_sessions_total", Help: "Session numbers made durable.",
		}),
		storeFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_store_failures_total", Help: "Session numbers that could not be made durable.",
		}),
		reports: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_reports_total", Help: "Reports of replicas that get nothing from the sequencer.",
		}),
		targetFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nopaxos_controller_target_failures_total", Help: "Reads and writes that a connected sequencer failed.",
		}, []string{"sequencer", "effect"}),
	}
	m.registry.MustRegister(m.sessions, m.storeFailures, m.reports, m.targetFailures, stateCollector{c})
	return m
}

var (
	descSession = prometheus.NewDesc("nopaxos_controller_group_session",
		"Published session of the group.", []string{"group", "sequencer"}, nil)
	descActive = prometheus.NewDesc("nopaxos_controller_group_active",
		"1 if a sequencer serves the group.", []string{"group"}, nil)
	descFailovers = prometheus.NewDesc("nopaxos_controller_failovers_total",
		"Sessions given up since the controller started.", []string{"group"}, nil)
	descTarget = prometheus.NewDesc("nopaxos_controller_target_state",
		"State of the sequencer: 0 down, 1 connected, 2 ready.", []string{"sequencer"}, nil)
	descConnections = prometheus.NewDesc("nopaxos_controller_target_connections_total",
		"Connections made to the sequencer.", []string{"sequencer"}, nil)
)

// stateCollector shows the status as metrics.
type stateCollector struct{ c *Controller }

func (s stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descSession, descActive, descFailovers, descTarget, descConnections} {
		ch <- d
	}
}

func (s stateCollector) Collect(ch chan<- prometheus.Metric) {
	status := s.c.Status()
	for _, g := range status.Groups {
		active := 0.0
		if g.Phase == phaseActive.String() {
			active = 1
		}
		ch <- prometheus.MustNewConstMetric(descSession, prometheus.GaugeValue, float64(g.Session), g.Name, g.Sequencer)
		ch <- prometheus.MustNewConstMetric(descActive, prometheus.GaugeValue, active, g.Name)
		ch <- prometheus.MustNewConstMetric(descFailovers, prometheus.CounterValue, float64(g.Failovers), g.Name)
	}
	for _, t := range status.Targets {
		value := map[string]float64{"down": 0, "connected": 1, "ready": 2}[t.State]
		ch <- prometheus.MustNewConstMetric(descTarget, prometheus.GaugeValue, value, t.Name)
		ch <- prometheus.MustNewConstMetric(descConnections, prometheus.CounterValue, float64(t.Connections), t.Name)
	}
}

// Handler serves /metrics (Prometheus), /status (JSON) and /healthz.
func (c *Controller) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(c.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(c.Status()) // the client is gone: nobody to tell
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}
