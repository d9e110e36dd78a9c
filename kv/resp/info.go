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

// sections are the names of sections of INFO in lower case; nil: all.
type sections map[string]bool

func parseSections(args [][]byte) sections {
	names := make(sections)
	for _, a := range args {
		names[word(a)] = true
	}
	if len(args) == 0 || names["default"] || names["all"] || names["everything"] {
		return nil
	}
	return names
}

func (s sections) has(name string) bool { return s == nil || s[strings.ToLower(name)] }

// keyspace is the section that the store has.
const keyspace = "Keyspace"

// hasKeyspace reports whether INFO needs the store.
func hasKeyspace(args [][]byte) bool { return parseSections(args[1:]).has(keyspace) }

// cmdInfo executes INFO [section …] without the store.
func (c *conn) cmdInfo(args [][]byte) { c.info(parseSections(args[1:]), nil) }

// info replies the sections, of which stored is the store's, with its end; nil: none.
func (c *conn) info(wanted sections, stored []byte) {
	var b strings.Builder
	for _, section := range c.server.info() {
		if !wanted.has(section.name) {
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
	if wanted.has(keyspace) && len(stored) > 0 {
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.Write(stored)
	}
	c.text(b.String())
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
	replication := []Field{{"role", "master"}} // what clients look for: this end takes writes
	if s.config.Replication != nil {
		replication = append(replication, s.config.Replication()...)
	}
	return append(sections, infoSection{"Replication", replication})
}
