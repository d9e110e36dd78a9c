package replica

import (
	"bytes"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// fetchPurpose is the purpose of a fetch.
type fetchPurpose uint8

const (
	fetchMerge  fetchPurpose = iota + 1 // the new leader lacks part of the holder's stable prefix
	fetchEnter                          // a follower lacks part of a new view's log
	fetchRepair                         // a follower in status normal lacks entries, or its log differs
)

// fetch fetches the entries (have, want] of another replica's log without touching this replica's, with a
// snapshot before them if that log starts above have. At most one runs at a time.
type fetch struct {
	purpose    fetchPurpose
	from       int
	view       wire.View // of its messages
	lastNormal wire.View // that the other log must have
	start      uint64    // entries start behind it
	have, want uint64
	entries    []wire.Entry
	snapshot   *snapshot // before the entries, or nil
	transfer   *incoming // snapshot being received, or nil

	at    time.Duration // when the request is sent again; monotime.Never while a chunk is loaded
	paced bool          // the request at that time is the first for its chunk
	tries int           // without an answer
}

// startFetch starts a fetch. If the same one is running, only its end may move.
func (c *Core) startFetch(f *fetch) {
	if g := c.view.fetch; g != nil && g.purpose == f.purpose && g.from == f.from && g.view == f.view && g.start == f.start {
		g.want = max(g.want, f.want)
		return
	}
	c.view.fetch = f
	c.ask()
}

func (c *Core) ask() {
	f := c.view.fetch
	wait := max(4*c.cfg.Retransmit, 2*c.rtt)
	if f.purpose != fetchMerge { // which maxTries bounds
		// Answers are long. Requests repeated at a fixed rate would slow a slow holder down further, until it
		// does nothing else.
		wait <<= min(f.tries, maxFetchBackOff)
	}
	f.at, f.paced = c.now+wait, false
	if t := f.transfer; t != nil {
		c.sendIn(f.view, f.from, &wire.FetchSnapshot{Slot: t.slot, Offset: t.offset})
		return
	}
	c.sendIn(f.view, f.from, &wire.Fetch{Lo: f.have, Hi: f.want})
}

// askLater asks for the next chunk after a wait.
func (c *Core) askLater(wait time.Duration) {
	if wait == 0 {
		c.ask()
		return
	}
	c.view.fetch.at, c.view.fetch.paced = c.now+wait, true
}

func (c *Core) fetchDeadline() time.Duration {
	if c.view.fetch == nil {
		return monotime.Never
	}
	return c.view.fetch.at
}

// maxFetchBackOff bounds how often the wait for an answer doubles.
const maxFetchBackOff = 6

// maxTries is how often a holder is asked before the merge goes on with another sender's VIEW-CHANGE.
const maxTries = 5

func (c *Core) tickFetch() {
	f := c.view.fetch
	if f == nil || c.now < f.at {
		return
	}
	if f.paced {
		c.ask()
		return
	}
	if f.tries++; f.purpose == fetchMerge && f.tries > maxTries {
		c.replaceHolder(f.from)
		return
	}
	c.ask()
}

// replaceHolder restarts the merge without a holder that does not answer, or with all replicas if too few
// promises are left.
func (c *Core) replaceHolder(silent int) {
	c.view.fetch, c.view.change.merge = nil, nil
	c.view.change.silent.add(silent)
	c.tryMerge()
	if c.view.change.merge == nil && c.phase == phaseViewChange {
		c.view.change.silent = set{}
		c.tryMerge()
	}
}

// onFetch sends entries of the log: of the current view's if the replica has entered it, otherwise of the old
// one. The answer's last-normal view tells which.
func (c *Core) onFetch(from int, m *wire.Fetch) {
	answer := &wire.FetchLog{LastNormal: c.durable.LastNormal, Start: c.log.start, End: c.log.end, Lo: m.Lo}
	if m.Lo >= c.log.start && m.Lo < c.log.end {
		answer.Entries = c.log.entries(nil, m.Lo, min(m.Hi, c.log.end), c.cfg.Chunk)
	}
	c.send(from, answer)
}

// awaited reports whether the running fetch waits for such an answer.
func (c *Core) awaited(from int, view, lastNormal wire.View, chunk bool) bool {
	f := c.view.fetch
	return f != nil && f.from == from && f.view == view && f.lastNormal == lastNormal && (f.transfer != nil) == chunk
}

func (c *Core) onFetchLog(from int, m *wire.FetchLog) {
	f := c.view.fetch
	if !c.awaited(from, m.View, m.LastNormal, false) || m.Lo != f.have {
		return
	}
	f.tries = 0
	switch {
	case m.Start > f.have:
		c.beginTransfer(f)
		return
	case len(m.Entries) == 0:
		return // not there yet
	}
	for _, e := range m.Entries {
		if e.Slot > f.want {
			break
		}
		e.Count = min(e.Count, f.want-e.Slot+1)
		e.Payload = bytes.Clone(e.Payload)
		f.entries = append(f.entries, e)
		f.have = e.Last()
	}
	c.fetched()
}

// fetched continues after an answer: with the next request, or with the purpose of the fetch.
func (c *Core) fetched() {
	c.madeProgress()
	f := c.view.fetch
	if f.have < f.want {
		c.ask()
		return
	}
	c.view.fetch = nil
	switch f.purpose {
	case fetchMerge:
		c.mergeFetched(f)
	case fetchEnter:
		c.view.catchUp.take(f)
		c.continueCatchUp()
	case fetchRepair:
		c.repairFetched(f)
	}
}

// mergeFetched continues the merge if the holder's entries have the digest that it announced.
func (c *Core) mergeFetched(f *fetch) {
	l := &viewLog{start: f.start, snapshot: f.snapshot, entries: f.entries}
	if f.snapshot != nil {
		l.start = f.snapshot.slot
	}
	holder := c.view.change.received[f.from]
	if l.end() != holder.SP || c.viewLogDigest(l) != holder.DigestSP {
		c.counters.DigestMismatches++
		c.replaceHolder(f.from)
		return
	}
	c.finishMerge(l)
}
