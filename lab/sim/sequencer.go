package sim

import (
	"time"

	"github.com/netordered/nopaxos/oumlib"
)

// sequencer models a data plane as the switch program defines it: a table entry that carries the
// session and its token, and one cell (session, counter) per group. A packet looks its entry up
// first and reaches the cell later; in between the entry may change.
type sequencer struct {
	process
	id int

	// What the controller sees of it.
	connections int  // to any process, ever
	oldest      int  // connection that leads to this process
	knownDown   bool // the controller was told that nobody listens
	pipeline    bool // the switch program is loaded

	session uint32 // of the table entry; 0: no entry
	token   uint64

	stuck bool // the data plane forwards nothing, the control plane lives

	cellSession uint32
	counter     uint64
}

// datagram is a packet to the group's address.
func (s *sequencer) datagram(b []byte) {
	if !s.up || s.stuck || s.session == 0 {
		return
	}
	h, _, err := oumlib.ParseHeader(b)
	if err != nil || h.Group != groupNumber || h.Sequenced() {
		return
	}
	session, token, life := s.session, s.token, s.life
	if rng := &s.w.net.rng; !s.w.net.calm && rng.chance(s.w.s.pipeline) {
		s.w.after(rng.duration(0, pipelineMax), func() {
			if s.life == life {
				s.stamp(b, session, token)
			}
		})
		return
	}
	s.stamp(b, session, token)
}

// stamp is the cell's rule: a higher session takes the cell and starts at 1, a lower one is dropped.
func (s *sequencer) stamp(b []byte, session uint32, token uint64) {
	if session < s.cellSession {
		return
	}
	if session > s.cellSession {
		s.cellSession, s.counter = session, 0
	}
	s.counter++
	s.w.check.stamped(session, s.counter, b)
	oumlib.Stamp(b, session, s.counter, token)
	s.w.overheard = append(s.w.overheard[:0], b...)
	s.w.trace(s.node, "stamps", b)
	for to := range s.w.s.replicas {
		s.w.net.datagram(s.node, to, b, true)
	}
}

// serves reports whether a request over a connection still counts: it leads to this process, and
// no newer controller, whose election id is higher, has connected since.
func (s *sequencer) serves(conn int) bool { return s.up && conn == s.connections && conn >= s.oldest }

// push loads the switch program. Tables and registers are empty afterwards.
func (s *sequencer) push() {
	s.empty()
	s.pipeline = true
}

func (s *sequencer) empty() { s.session, s.token, s.cellSession, s.counter = 0, 0, 0, 0 }

// wipe is somebody else's doing: the switch is reset, or given its program anew, behind its controller's back.
func (s *sequencer) wipe(program bool) {
	s.life++
	s.empty()
	s.pipeline = s.pipeline && !program
}

// install is a table write.
func (s *sequencer) install(session uint32) {
	s.w.check.installed(session, s.id)
	s.session, s.token = session, oumlib.SessionToken(s.w.keys.Token, groupNumber, session)
}

// stop ends the target; everything it held is gone.
func (s *sequencer) stop() {
	s.up, s.pipeline, s.knownDown = false, false, false
	s.life++
	s.stalledUntil = 0
	s.empty()
}

func (s *sequencer) start() { s.up, s.oldest = true, s.connections+1 }

// forge sends a replica datagrams that look stamped: an old message under the next numbers of the
// session, or of one to come. Whoever does it has overheard messages and has no key.
func (w *world) forge(f Fault) {
	s := w.sequencers[w.controller.target]
	if len(w.overheard) == 0 || s.cellSession == 0 {
		return
	}
	for ahead := range uint64(4) {
		b := append([]byte(nil), w.overheard...)
		oumlib.Stamp(b, s.cellSession+uint32(f.Arg), s.counter+1+ahead, 0xBAD)
		w.push(event{at: w.now + w.s.latency, kind: eventDatagram, node: f.Node, from: -1, data: b})
	}
}

const groupNumber = 0x0A00FF01 // 10.0.255.1

// forward carries a datagram of node from to the group's sequencer as far as from knows it.
func (w *world) forward(from, route int, frame []byte) {
	if route < 0 {
		return
	}
	b := make([]byte, 0, oumlib.HeaderLen+len(frame))
	b = oumlib.AppendHeader(b, oumlib.Header{Group: groupNumber})
	b = append(b, frame...)
	w.net.datagram(from, w.s.sequencerNode(route), b, false)
}

// after runs f later.
func (w *world) after(d time.Duration, f func()) {
	w.push(event{at: w.now + d, kind: eventCall, call: f})
}
