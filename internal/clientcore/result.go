package clientcore

import "github.com/netordered/nopaxos/replica/wire"

// assembly puts together a result that comes in parts. Parts of different slots of one view may be
// mixed: the leader of a view never rolls back within it, so the result of a request that it has
// executed is the same at every slot at which the request appears. (Where replicas speculate, equal
// logs stand for that.) So each transmission fills in
// what the ones before it left open, however large the result and however lossy the way.
type assembly struct {
	view     wire.View
	log      wire.Digest // see Answer
	status   wire.Status // StatusLogged: nothing yet
	buf      []byte      // as long as the whole result
	received []span      // what of buf has been filled in: ascending, neither touching nor overlapping
}

// span is the bytes from … to-1.
type span struct{ from, to uint32 }

// maxSpans bounds the fragments of a result. A part that would make one more is dropped as if
// lost.
const maxSpans = 1 << 12

// add enters a reply with a part of a result. It starts the assembly anew if it is of a newer view, or
// of the same view and another log.
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

// mark adds s to what was received; false if there is no room for one more fragment.
func (a *assembly) mark(s span) bool {
	lo := 0 // the first fragment that s touches, or that lies behind s
	for lo < len(a.received) && a.received[lo].to < s.from {
		lo++
	}
	hi := lo // the first fragment that lies behind s and does not touch it
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

// complete reports whether the whole result that belongs to a committed tally is there.
func (a *assembly) complete(t *tally) bool {
	if a.status != t.status || a.view != t.view || a.log != t.log {
		return false
	}
	return len(a.buf) == 0 || len(a.received) == 1 && a.received[0] == span{to: uint32(len(a.buf))}
}
