package resp

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
)

// infoSection is a section of INFO.
type infoSection struct {
	name   string
	fields []Field
}

// cmdInfo executes INFO [section …].
func (c *conn) cmdInfo(args [][]byte) {
	wanted := func(string) bool { return true }
	if len(args) > 1 {
		names := make(map[string]bool)
		for _, a := range args[1:] {
			names[word(a)] = true
		}
		if !names["default"] && !names["all"] && !names["everything"] {
			wanted = func(name string) bool { return names[strings.ToLower(name)] }
		}
	}
	var b strings.Builder
	for _, section := range c.server.info() {
		if !wanted(section.name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		fmt.Fprintf(&b, "# %s\r\n", section.name)
		for _, f := range section.fields {
			fmt.Fprintf(&b, "%s:%s\r\n", f.Name, f.Value)
		}
	}
	c.bulkString(b.String())
}

func (s *Server) info() []infoSection {
	s.mu.Lock()
	clients := len(s.conns)
	s.mu.Unlock()
	sections := []infoSection{
		{"Server", []Field{
			{"redis_version", compatible},
			{"redis_mode", "standalone"},
			{"nopaxos_version", s.config.Version},
			{"os", runtime.GOOS + " " + runtime.GOARCH},
			{"process_id", fmt.Sprint(os.Getpid())},
			{"uptime_in_seconds", fmt.Sprint(int(time.Since(s.started).Seconds()))},
		}},
		{"Clients", []Field{
			{"connected_clients", fmt.Sprint(clients)},
			{"maxclients", fmt.Sprint(s.config.MaxConns)},
			{"total_request_bytes_held", fmt.Sprint(s.budget.used.Load())},
		}},
		{"Stats", []Field{
			{"total_connections_received", fmt.Sprint(s.stats.connections.Load())},
			{"rejected_connections", fmt.Sprint(s.stats.rejected.Load())},
			{"evicted_clients", fmt.Sprint(s.stats.evicted.Load())},
			{"total_commands_processed", fmt.Sprint(s.stats.commands.Load())},
			{"total_operations_replicated", fmt.Sprint(s.stats.operations.Load())},
		}},
	}
	if s.config.Replication != nil {
		sections = append(sections, infoSection{"Replication", s.config.Replication()})
	}
	return sections
}
