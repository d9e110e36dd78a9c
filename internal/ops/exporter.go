package ops

import (
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/netordered/nopaxos/internal/status"
)

// exporter turns a role's status into metrics, so that whatever the one says the other says too. Its
// metrics are made per scrape: which counters a role has is the role's business.
type exporter struct{ server *Server }

// Describe sends nothing, which makes the collector an unchecked one.
func (*exporter) Describe(chan<- *prometheus.Desc) {}

// Collect sends the metrics of the role's status.
func (e *exporter) Collect(ch chan<- prometheus.Metric) {
	role := e.server.role()
	for _, name := range slices.Sorted(maps.Keys(role.Counters)) {
		desc := prometheus.NewDesc("nopaxos_"+name+"_total", "Since the start of the role.", nil, nil)
		ch <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, float64(role.Counters[name]))
	}
	gauge := func(name, help string, value float64, labels prometheus.Labels) {
		ch <- prometheus.MustNewConstMetric(prometheus.NewDesc("nopaxos_"+name, help, nil, labels), prometheus.GaugeValue, value)
	}
	switch {
	case role.Sequencer != nil:
		for _, g := range role.Sequencer.Groups {
			labels := prometheus.Labels{"group": g.Group}
			gauge("session", "Session of the group.", float64(g.Session), labels)
			gauge("message_number", "Last message number that was stamped.", float64(g.Number), labels)
		}
	case role.Replica != nil:
		replicaGauges(role.Replica, gauge)
	case role.KV != nil:
		gauge("connections", "Open RESP connections.", float64(role.KV.Connections), nil)
	}
}

func replicaGauges(r *status.Replica, gauge func(string, string, float64, prometheus.Labels)) {
	labels := prometheus.Labels{"group": r.Group}
	boolean := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	gauge("view_leader_num", "Leader number of the view.", float64(r.Leader), labels)
	gauge("session", "Session of the view.", float64(r.Session), labels)
	gauge("leader", "1 at the leader of the view.", boolean(r.IsLeader), labels)
	gauge("normal", "1 in status normal.", boolean(r.Status == status.Normal), labels)
	gauge("full", "1 while no memory for more log is left.", boolean(r.Full), labels)
	gauge("clients", "Clients in the client table.", float64(r.Clients), labels)
	gauge("log_bytes", "Payload that the log holds.", float64(r.LogBytes), labels)
	gauge("log_start_slot", "Slots at or below are in a snapshot only.", float64(r.LogStart), labels)
	gauge("log_end_slot", "Last slot of the log.", float64(r.LogEnd), labels)
	gauge("sync_point_slot", "Last slot of the stable prefix.", float64(r.SyncPoint), labels)
	gauge("executed_slot", "Last slot that was executed.", float64(r.Executed), labels)
}
