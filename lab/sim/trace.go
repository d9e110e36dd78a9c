package sim

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"
)

// name is a node's name in traces.
func (w *world) name(node int) string {
	s := w.s
	switch {
	case node < 0:
		return "world"
	case node < s.replicas:
		return fmt.Sprintf("replica-%d", node)
	case node < s.controllerNode():
		return fmt.Sprintf("sequencer-%d", node-s.replicas)
	case node == s.controllerNode():
		return "controller"
	}
	return fmt.Sprintf("client-%d", node-s.clientNode(0))
}

// traceHeader has the titles of a trace's columns.
const traceHeader = "     time ms node            view session    slot  what\n"

// note writes a line to the trace: time, node, leader-num of the view, session and end of the log of a replica
// (session and latest number of a sequencer), and an event.
func (w *world) note(node int, what string) {
	if w.cfg.Trace == nil {
		return
	}
	view, session, slot := "-", "-", "-"
	switch {
	case node < 0 || node >= w.s.nodes():
	case node < w.s.replicas:
		if n := w.nodes[node]; n.up && n.core != nil {
			at := n.observe()
			view, session, slot = fmt.Sprint(at.view.Leader), fmt.Sprint(at.view.Session), fmt.Sprint(at.end)
		}
	case node < w.s.controllerNode():
		s := w.sequencers[node-w.s.replicas]
		session, slot = fmt.Sprint(s.cellSession), fmt.Sprint(s.counter)
	case node == w.s.controllerNode():
		session = fmt.Sprint(w.controller.session)
	}
	fmt.Fprintf(w.cfg.Trace, "%12.3f %-12s %7s %7s %7s  %s\n", float64(w.now)/float64(time.Millisecond), w.name(node), view, session, slot, what)
}

// trace writes a line about a message to the trace.
func (w *world) trace(node int, verb string, message []byte) {
	if w.cfg.Trace != nil {
		w.note(node, verb+": "+w.text.Datagram(message))
	}
}

// noteStatus writes every core's status to the trace.
func (w *world) noteStatus() {
	if w.cfg.Trace == nil {
		return
	}
	for _, n := range w.nodes {
		if !n.up || n.core == nil {
			w.note(n.id, "down")
			continue
		}
		w.note(n.id, fmt.Sprintf("status %+v", n.core.Status()))
	}
}

// mix adds an event to the run's hash.
func (w *world) mix(e *event) {
	for _, v := range [...]uint64{uint64(e.at), uint64(e.kind)<<32 | uint64(e.node), xxhash.Sum64(e.data)} {
		w.hash = (w.hash ^ v) * 0x9E3779B97F4A7C15
		w.hash ^= w.hash >> 32
	}
}
