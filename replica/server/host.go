package server

import (
	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/replica"
)

// host is a Server as its event loop sees it.
type host struct {
	*replicaloop.Sockets
	s *Server
}

var _ replicaloop.Host = host{}

// Save replaces the record file.
func (h host) Save(r replica.Record) error { return saveRecord(h.s.cfg.Dir, h.s.cfg.Owner(), r) }

// Report sends the report through the Server's reporter.
func (h host) Report(session uint32) { h.s.reporter.Report(session) }

// Publish stores the status that Server.Status returns.
func (h host) Publish(status replica.Status) { h.s.status.Store(&status) }
