package clientcore

import (
	"testing"

	"github.com/netordered/nopaxos/internal/clientcore/grouptest"
	"github.com/netordered/nopaxos/replica/wire"
)

// FuzzReply passes a client with one request in flight two REPLYs of a faulty replica, which has the key, and then a good quorum in
// a later view. The quorum must complete the request unless the first two did.
func FuzzReply(f *testing.F) {
	ok := grouptest.Answer(3, grouptest.View, 2, wire.Request{Client: wire.ClientID{Lo: 1}, ID: 1}, 0, wire.StatusOK, "result")
	part := ok
	part.Offset, part.Part = 3, ok.Part[3:]
	full := ok
	full.Status = wire.StatusFull
	for _, m := range []wire.Reply{ok, part, full, {}, {Replica: 9}} {
		frame := wire.AppendReply(nil, &m)
		f.Add(frame[wire.PrefixLen:], frame[wire.PrefixLen:])
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		d := newDriver(t, newTestCore(t, 3, nil))
		d.register(1)
		d.invoke(7, "x")
		m := d.take()
		newest := uint64(1)
		view := wire.View{Session: 1}
		for _, body := range [][]byte{a, b} {
			frame := append(wire.AppendReply(nil, &wire.Reply{})[:wire.PrefixLen:wire.PrefixLen], body...)
			if r, err := wire.ParseReply(frame); err == nil {
				newest, view = max(newest, r.Incarnation), view.Join(r.View)
			}
			d.core.Reply(d.now, grouptest.Keys.Client.Seal(frame, 0))
			d.drain()
		}
		view.Leader -= view.Leader % 3 // led by replica 0
		if view.Leader += 3; view.Leader < 3 || len(d.done) > 0 {
			return // no later view exists, or the request is complete
		}
		for from := range 2 {
			r := grouptest.Answer(3, view, 9, m, from, wire.StatusOK, "result")
			r.Incarnation = newest
			d.reply(r)
		}
		if o := d.done[7]; o.err != nil || o.result != "result" {
			t.Fatalf("a good quorum gave %+v", d.done)
		}
	})
}
