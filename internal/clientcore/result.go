package clientcore

import "github.com/netordered/nopaxos/replica/wire"

// assembly collects the parts of a result. It may mix parts of different slots of one view: the leader of a view never rolls back
// within it, so an executed request has the same result at every slot at which it appears. (Where replicas speculate, equal logs
// ensure that.) So each transmission fills in missing parts, however large the result and however lossy the network.
type assembly struct {
	view     wire.View
	log      wire.Digest // see Answer
	status   wire.Status // StatusLogged: no part yet
	buf      []byte      // as long as the whole result
	received []span      // received parts of buf: ascending, neither touching nor overlapping
}

// span is a range of bytes, from … to-1.
type span struct{ from, to uint32 }

// maxSpans bounds the fragments of a result. A part that would create one more is dropped.
const maxSpans = 1 << 12

// add adds the part of a result that an answer carries. An answer of a newer view, or of the same view and another log, starts the
// assembly over.
func (a *assembly) add(m *Answer) {
	fits := a.view == m.View && a.log == m.Log && a.status == m.Status && len(a.buf) == int(m.Total)
	if !fits {
		if a.status != wire.StatusLogged && m.View.Less(a.view) {
			return
		}
		a.start(m)
	}
	end := m.Offset + uint32(len(m.Part))
	if m.Offset == end || !a.mark(span{from: m.Offset, to: end}) {
		return
	}
	copy(a.buf[m.Offset:end], m.Part)
}

func (a *assembly) start(m *Answer) {
	a.view, a.log, a.status = m.View, m.Log, m.Status
	a.received = a.received[:0]
	if cap(a.buf) < int(m.Total) {
		a.buf = make([]byte, m.Total)
	}
	a.buf = a.buf[:m.Total]
}

// mark adds s to the received parts. It returns false if that would exceed maxSpans.
func (a *assembly) mark(s span) bool {
	lo := 0 // the first fragment that touches s or lies behind it
	for lo < len(a.received) && a.received[lo].to < s.from {
		lo++
	}
	hi := lo // the first fragment behind s that does not touch it
	for hi < len(a.received) && a.received[hi].from <= s.to {
		s.from, s.to = min(s.from, a.received[hi].from), max(s.to, a.received[hi].to)
		hi++
	}
	if hi > lo {
		a.received[lo] = s
		a.received = append(a.received[:lo+1], a.received[hi:]...)
		return true
	}
	if len(a.received) == maxSpans {
		return false
	}
	a.received = append(a.received, span{})
	copy(a.received[lo+1:], a.received[lo:])
	a.received[lo] = s
	return true
}

// complete reports whether the whole result of a committed tally has arrived.
func (a *assembly) complete(t *tally) bool {
	if a.status != t.status || a.view != t.view || a.log != t.log {
		return false
	}
	return len(a.buf) == 0 || len(a.received) == 1 && a.received[0] == span{to: uint32(len(a.buf))}
}
