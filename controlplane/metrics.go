package controlplane

import "github.com/prometheus/client_golang/prometheus"

// metrics are the controller's counters, and its status.
type metrics struct {
	status         func() Status
	sessions       prometheus.Counter
	storeFailures  prometheus.Counter
	reports        prometheus.Counter
	targetFailures *prometheus.CounterVec // sequencer, effect
	packetsRefused *prometheus.CounterVec // switch, reason
}

func newMetrics(status func() Status) *metrics {
	return &metrics{
		status: status,
		sessions: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_sessions_total", Help: "Session numbers made durable.",
		}),
		storeFailures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_store_failures_total", Help: "Session numbers that could not be made durable.",
		}),
		reports: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nopaxos_controller_reports_total", Help: "Reports of replicas that receive nothing from the sequencer.",
		}),
		targetFailures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nopaxos_controller_target_failures_total", Help: "Failed reads and writes of a connected sequencer or switch.",
		}, []string{"sequencer", "effect"}),
		packetsRefused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nopaxos_controller_packets_refused_total", Help: "Packets that a switch handed over and that are no probe that was due.",
		}, []string{"switch", "reason"}),
	}
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
	descLinkCut = prometheus.NewDesc("nopaxos_controller_link_cut",
		"1 if a link between switches does not carry probes.", []string{"link"}, nil)
	descConnections = prometheus.NewDesc("nopaxos_controller_target_connections_total",
		"Connections made to the sequencer.", []string{"sequencer"}, nil)
)

func (m *metrics) counters() []prometheus.Collector {
	return []prometheus.Collector{m.sessions, m.storeFailures, m.reports, m.targetFailures, m.packetsRefused}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.counters() {
		c.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{descSession, descActive, descFailovers, descTarget, descConnections, descLinkCut} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.counters() {
		c.Collect(ch)
	}
	m.collectStatus(ch)
}

func (m *metrics) collectStatus(ch chan<- prometheus.Metric) {
	status := m.status()
	for _, g := range status.Groups {
		active := 0.0
		if g.Phase == "active" {
			active = 1
		}
		name, session := g.State.Name, float64(g.State.Session)
		ch <- prometheus.MustNewConstMetric(descSession, prometheus.GaugeValue, session, name, g.State.Sequencer)
		ch <- prometheus.MustNewConstMetric(descActive, prometheus.GaugeValue, active, name)
		ch <- prometheus.MustNewConstMetric(descFailovers, prometheus.CounterValue, float64(g.Failovers), name)
	}
	for _, l := range status.Links {
		cut := 0.0
		if l.Cut {
			cut = 1
		}
		ch <- prometheus.MustNewConstMetric(descLinkCut, prometheus.GaugeValue, cut, l.Name)
	}
	for _, t := range status.Targets {
		value := map[string]float64{"down": 0, "connected": 1, "ready": 2}[t.State]
		ch <- prometheus.MustNewConstMetric(descTarget, prometheus.GaugeValue, value, t.Name)
		ch <- prometheus.MustNewConstMetric(descConnections, prometheus.CounterValue, float64(t.Connections), t.Name)
	}
}
