package server

import (
	"time"

	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/replica"
)

// host is a Server as its event loop sees it.
type host struct{ s *Server }

var _ replicaloop.Host = host{}

// Save replaces the record file.
func (h host) Save(r replica.Record) error { return saveRecord(h.s.cfg.Dir, r) }

// Report sends the report through the Server's reporter.
func (h host) Report(session uint32) { h.s.reporter.Report(session) }

// Publish stores the status that Server.Status returns.
func (h host) Publish(status replica.Status) { h.s.status.Store(&status) }

// Aside runs work on a goroutine that Run waits for. It is called on the loop, which ends before that wait begins.
func (h host) Aside(work func() func(now time.Duration)) {
	h.s.background.Go(func() { h.s.udp.Post(work()) })
}

// Fail makes Run return err.
func (h host) Fail(err error) { h.s.cancel(err) }
