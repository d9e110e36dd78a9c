package server

import (
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/transport"
)

// Host is the process around a replica's event loop, where it is not a [Server].
type Host interface {
	// Save returns once the record is durable.
	Save(replica.Record) error
	// Report tells the controller that the sequencer of a session seems dead.
	Report(session uint32)
	// Aside runs work without holding up the loop, and then on the loop what work returns.
	Aside(work func() (then func(now time.Duration)))
	// Fail ends the replica for good.
	Fail(error)
}

// Handler is a replica's event loop on a network that is not a Server's: one in virtual time.
type Handler struct{ *loop }

var _ transport.Handler = Handler{}

// NewHandler makes the event loop of a replica whose durable record is record. Of cfg it takes no notice of
// Dir, Controllers and Logger.
func NewHandler(cfg Config, record replica.Record, network transport.Network, h Host) (Handler, error) {
	core, err := replica.New(cfg.core(), record, cfg.StateMachine)
	if err != nil {
		return Handler{}, err
	}
	return Handler{newLoop(cfg, core, network, guest{h})}, nil
}

// Route takes the controller's word on where the group's messages go. It belongs on the event loop.
func (h Handler) Route(now time.Duration, session uint32, sequencer netip.AddrPort) {
	h.sender.SetAddr(sequencer)
	h.core.Session(now, session)
}

// guest is a Host as the loop sees it. Nobody asks for the status.
type guest struct{ Host }

func (g guest) save(r replica.Record) error               { return g.Save(r) }
func (g guest) report(session uint32)                     { g.Report(session) }
func (g guest) publish(replica.Status)                    {}
func (g guest) aside(work func() func(now time.Duration)) { g.Aside(work) }
func (g guest) fail(err error)                            { g.Fail(err) }
