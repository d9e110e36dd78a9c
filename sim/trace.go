package sim

import (
	"fmt"
	"time"

	"github.com/cespare/xxhash/v2"
)

// name is what a node is called in traces.
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

// note writes a line to the trace.
func (w *world) note(node int, what string) {
	if w.cfg.Trace != nil {
		fmt.Fprintf(w.cfg.Trace, "%12.3f %-12s %s\n", float64(w.now)/float64(time.Millisecond), w.name(node), what)
	}
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
