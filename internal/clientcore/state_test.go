package clientcore

import (
	"reflect"
	"testing"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/internal/statetest"
	"github.com/netordered/nopaxos/replica/wire"
)

// notInState has the fields that AppendState omits, with the reasons.
var notInState = map[string]string{
	"clientcore.Core.cfg": "configuration", "clientcore.Core.quorum": "derived from it",
	"clientcore.Core.effects": "carried out", "clientcore.Core.frames": "the effects' data", "clientcore.Core.done": "cleared with the effects",
	"clientcore.Core.requests": "reused memory", "clientcore.Core.free": "reused memory",
	"clientcore.request.index": "position of that memory", "clientcore.request.uses": "tells tickets apart",
	"clientcore.Core.stats":    "counters",
	"clientcore.Core.deadline": "when a request is sent again", "clientcore.Core.timeouts": "when a request is sent again",
	"clientcore.Core.random": "when a request is sent again", "clientcore.request.lastSent": "when a request is sent again",
	"clientcore.request.due": "when a request is sent again", "clientcore.request.backoff": "when a request is sent again",
	"clientcore.request.fullAt":   "when a request is sent again",
	"clientcore.request.prev":     "the list is written in order",
	"clientcore.requestList.last": "the list is written in order",
}

// TestStateIsComplete changes every field of a core in several states and expects another canonical form,
// unless the field is listed above.
func TestStateIsComplete(t *testing.T) {
	core := newTestCore(t, 3, func(c *Config) { c.Window = 1 })
	d := newDriver(t, core)
	coverage := statetest.New(reflect.TypeFor[Core](), notInState)
	probe := func() { coverage.Probe(core, func() []byte { return core.AppendState(nil) }) }
	core.Register(d.now)
	d.drain()
	probe()
	m := d.take()
	for from := range 2 {
		d.reply(grouptest.Answer(3, grouptest.View, 1, m, from, wire.StatusRegistered, ""))
	}
	d.invoke(1, "first")
	d.invoke(2, "waits")
	probe()
	m = d.take()
	part := grouptest.Answer(3, grouptest.View, 2, m, 0, wire.StatusOK, "result")
	part.Part = part.Part[:2]
	d.reply(part)
	probe()
	coverage.Check(t)
}
