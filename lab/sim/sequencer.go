package sim

import (
	"time"

	"github.com/netordered/nopaxos/oumlib"
)

// sequencer models the data plane of the switch program: a table entry with the session and its token, and one cell
// (session, counter) per group. A packet looks up the entry before it reaches the cell; the entry may change in
// between.
type sequencer struct {
	process
	id int

	// The controller's view of it.
	connections int  // to all processes so far
	oldest      int  // oldest connection to the current process
	knownDown   bool // the controller knows that connections are refused
	pipeline    bool // the switch program is loaded

	session uint32 // of the table entry; 0 without one
	token   uint64

	stuck bool // the data plane forwards nothing; the control plane works

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

// stamp applies the cell's rule: a higher session takes the cell and starts at 1, a lower one is dropped.
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

// serves reports whether a request over a connection is valid: the connection leads to this process, and no newer
// controller, with a higher election id, has connected since.
func (s *sequencer) serves(conn int) bool { return s.up && conn == s.connections && conn >= s.oldest }

// push loads the switch program, which empties tables and registers.
func (s *sequencer) push() {
	s.empty()
	s.pipeline = true
}

func (s *sequencer) empty() { s.session, s.token, s.cellSession, s.counter = 0, 0, 0, 0 }

// wipe resets the switch or reloads its program without its controller's knowledge.
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

// stop ends the target and loses its state.
func (s *sequencer) stop() {
	s.up, s.pipeline, s.knownDown = false, false, false
	s.life++
	s.stalledUntil = 0
	s.empty()
}

func (s *sequencer) start() { s.up, s.oldest = true, s.connections+1 }

// forge sends a replica datagrams that look stamped: an old message under the next numbers of the current session or
// of a future one. The attacker has overheard messages and has no key.
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

// forward sends a datagram to the group's sequencer according to the sending node.
func (w *world) forward(from, route int, frame []byte) {
	if route < 0 {
		return
	}
	b := make([]byte, 0, oumlib.HeaderLen+len(frame))
	b = oumlib.AppendHeader(b, oumlib.Header{Group: groupNumber})
	b = append(b, frame...)
	w.net.datagram(from, w.s.sequencerNode(route), b, false)
}

// after runs f after d.
func (w *world) after(d time.Duration, f func()) {
	w.push(event{at: w.now + d, kind: eventCall, call: f})
}
