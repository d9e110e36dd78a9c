package ops

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netordered/nopaxos/internal/status"
)

// exporter exports a role's status as metrics, so that /status and /metrics agree.
type exporter struct{ server *Server }

// Describe sends nothing, which makes the exporter an unchecked collector: the counters depend on the role.
func (*exporter) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of the role's status.
func (e *exporter) Collect(ch chan<- prometheus.Metric) {
	role := e.server.role()
	for _, name := range slices.Sorted(maps.Keys(role.Counters)) {
		desc := prometheus.NewDesc("nopaxos_"+name+"_total", counterHelp[name], nil, nil)
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(role.Counters[name]))
	}
	switch {
	case role.Sequencer != nil:
		for _, g := range role.Sequencer.Groups {
			collect(ch, sequencerGauges, g, g.Group)
		}
	case role.Replica != nil:
		collect(ch, replicaGauges, *role.Replica, role.Replica.Group)
	case role.KV != nil:
		collect(ch, kvGauges, *role.KV)
	}
}

// gauge is a number in a part S of a role's status.
type gauge[S any] struct {
	desc  *prometheus.Desc
	value func(S) float64
}

func newGauge[S any](name, help string, value func(S) float64, labels ...string) gauge[S] {
	return gauge[S]{prometheus.NewDesc("nopaxos_"+name, help, labels, nil), value}
}

func collect[S any](ch chan<- prometheus.Metric, gauges []gauge[S], s S, labels ...string) {
	for _, g := range gauges {
		ch <- prometheus.MustNewConstMetric(g.desc, prometheus.GaugeValue, g.value(s), labels...)
	}
}

var sequencerGauges = []gauge[status.SequencedGroup]{
	newGauge("session", "Session of the group.", func(g status.SequencedGroup) float64 { return float64(g.Session) }, "group"),
	newGauge("message_number", "Last message number stamped.", func(g status.SequencedGroup) float64 { return float64(g.Number) }, "group"),
}

var replicaGauges = []gauge[status.Replica]{
	newGauge("view_leader_num", "Leader number of the view.", func(r status.Replica) float64 { return float64(r.Leader) }, "group"),
	newGauge("session", "Session of the view.", func(r status.Replica) float64 { return float64(r.Session) }, "group"),
	newGauge("leader", "1 at a normal leader of the view.", func(r status.Replica) float64 { return boolean(r.IsLeader) }, "group"),
	newGauge("normal", "1 in status normal, 0 in a view change or recovery.", func(r status.Replica) float64 { return boolean(r.Status == status.Normal) }, "group"),
	newGauge("full", "1 while the log has no memory left.", func(r status.Replica) float64 { return boolean(r.Full) }, "group"),
	newGauge("clients", "Clients in the client table.", func(r status.Replica) float64 { return float64(r.Clients) }, "group"),
	newGauge("log_bytes", "Bytes of payload in the log.", func(r status.Replica) float64 { return float64(r.LogBytes) }, "group"),
	newGauge("log_start_slot", "Last slot that is in a snapshot only.", func(r status.Replica) float64 { return float64(r.LogStart) }, "group"),
	newGauge("log_end_slot", "Last slot of the log.", func(r status.Replica) float64 { return float64(r.LogEnd) }, "group"),
	newGauge("sync_point_slot", "Last slot of the stable prefix.", func(r status.Replica) float64 { return float64(r.SyncPoint) }, "group"),
	newGauge("executed_slot", "Last slot executed.", func(r status.Replica) float64 { return float64(r.Executed) }, "group"),
}

var kvGauges = []gauge[status.KV]{
	newGauge("connections", "Open RESP connections.", func(k status.KV) float64 { return float64(k.Connections) }),
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
