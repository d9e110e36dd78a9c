package worlds

import (
	"encoding/binary"
	"slices"

	"github.com/netordered/nopaxos/replica/wire"
)

// historyID identifies a history.
type historyID uint32

// history is the part of a world's state beside its replicas: the clients, the stamped messages, and the past
// events that properties of executions depend on. As part of the state it lets the explorer check these
// properties along every execution.
type history struct {
	clients  []clientStateID
	calls    []call      // of all clients, in order
	sessions [][]request // messages stamped in each session, from session 1 and number 1 on

	started   []milestone // started views, with their initial logs
	committed []milestone // by view: the longest log on which a result at a client rests
	stable    milestone   // the longest stable prefix, with a view that had it
	tallies   []tally     // of REPLYs to requests that are not committed
}

// call is a call of an operation by a client.
type call struct {
	op     opID
	after  []opID // operations that had returned before
	done   bool
	result string
}

// milestone is a log reached in a view.
type milestone struct {
	view wire.View
	log  logID
}

// tally counts the replicas that have replied to a request at a slot in a view.
type tally struct {
	view   wire.View
	slot   uint64
	id     requestID
	who    uint8
	prefix logID // prefix of the leader's log, from which its result comes
}

// histories has all distinct histories so far, and the outcomes of facts in them.
type histories struct {
	atlas       *atlas
	clientAtlas *clientAtlas
	all         []history
	ids         map[string]historyID
	observed    map[uint64]observation
	forgot      map[forgetKey]historyID
}

type forgetKey struct {
	history historyID
	views   [replicas]wire.View
}

// observation is the outcome of facts in a history.
type observation struct {
	to      historyID
	failure string
}

func newHistories(a *atlas, c *clientAtlas) *histories {
	return &histories{atlas: a, clientAtlas: c, ids: map[string]historyID{}, observed: map[uint64]observation{}, forgot: map[forgetKey]historyID{}}
}

func (t *histories) id(h *history) historyID {
	var b []byte
	num := func(v uint64) { b = binary.AppendUvarint(b, v) }
	view := func(v wire.View) { num(v.Leader); num(uint64(v.Session)) }
	for _, c := range h.clients {
		num(uint64(c))
	}
	num(uint64(len(h.calls)))
	for _, c := range h.calls {
		num(uint64(c.op))
		num(uint64(len(c.after)))
		for _, o := range c.after {
			num(uint64(o))
		}
		if c.done {
			num(uint64(len(c.result)) + 1)
			b = append(b, c.result...)
		} else {
			num(0)
		}
	}
	num(uint64(len(h.sessions)))
	for _, s := range h.sessions {
		num(uint64(len(s)))
		for _, r := range s {
			num(uint64(r.frame))
		}
	}
	for _, list := range [][]milestone{h.started, h.committed} {
		num(uint64(len(list)))
		for _, m := range list {
			view(m.view)
			num(uint64(m.log))
		}
	}
	view(h.stable.view)
	num(uint64(h.stable.log))
	for _, t := range h.tallies {
		view(t.view)
		num(t.slot)
		num(t.id.client.Hi)
		num(t.id.client.Lo)
		num(t.id.id)
		num(uint64(t.who))
		num(uint64(t.prefix))
	}
	if id, ok := t.ids[string(b)]; ok {
		return id
	}
	id := historyID(len(t.all))
	t.ids[string(b)] = id
	t.all = append(t.all, *h)
	return id
}

// clone copies a history in order to continue it.
func (h *history) clone() history {
	c := *h
	c.clients = slices.Clone(h.clients)
	c.calls = slices.Clone(h.calls)
	c.sessions = slices.Clone(h.sessions)
	c.started = slices.Clone(h.started)
	c.committed = slices.Clone(h.committed)
	c.tallies = slices.Clone(h.tallies)
	return c
}

// observe continues a history by the facts of an outcome.
func (t *histories) observe(from historyID, f factsID) observation {
	if f == noFacts {
		return observation{to: from}
	}
	key := uint64(from)<<32 | uint64(f)
	if o, ok := t.observed[key]; ok {
		return o
	}
	h := t.all[from].clone()
	w := &writer{histories: t, history: &h, facts: &t.atlas.facts[f]}
	w.all()
	o := observation{failure: w.failure}
	if o.failure == "" {
		o.to = t.id(&h)
	}
	t.observed[key] = o
	return o
}

// forget drops tallies that can no longer reach a quorum: those of views in which the replicas that have not
// replied have promised not to.
func (t *histories) forget(from historyID, views [replicas]wire.View) historyID {
	if len(t.all[from].tallies) == 0 {
		return from
	}
	key := forgetKey{from, views}
	if id, ok := t.forgot[key]; ok {
		return id
	}
	h := t.all[from].clone()
	h.tallies = slices.DeleteFunc(h.tallies, func(t tally) bool {
		for i, v := range views {
			if t.who>>i&1 == 0 && v.LessEq(t.view) {
				return false
			}
		}
		return true
	})
	id := t.id(&h)
	t.forgot[key] = id
	return id
}
