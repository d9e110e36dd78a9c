package worlds

import (
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/internal/dissect"
)

// act is an input to a replica, or a move of a client or a sequencer.
type act struct {
	node    int // replica, or -1
	what    string
	input   inputID
	given   bool // counted as an input
	from    localID
	outcome outcomeID
	free    bool // sends messages without changing; shown only if one of them is delivered
	boots   bool // the replica's process restarts
	needed  bool
}

// path is a path from the initial state to a state or a violation, act by act.
type path struct {
	*explorer
	acts  []act
	said  map[inFlight]int // by receiver and message: the act that sent it first
	text  dissect.Dissector
	state state
}

// pathTo reconstructs the path to a state, followed by a last move if there is one.
func (e *explorer) pathTo(id uint32, last *move) (*path, error) {
	var moves []move
	for at := id; at != 0; at = e.came[at].from {
		moves = append(moves, e.came[at].by)
	}
	slices.Reverse(moves)
	if last != nil {
		moves = append(moves, *last)
	}
	w := &path{explorer: e, said: map[inFlight]int{}, state: e.states[0]}
	w.text = dissect.Dissector{Keys: e.inputs.keys, Op: func(op []byte) string {
		if len(op) != 1 {
			return fmt.Sprintf("%x", op)
		}
		return opID(op[0]).String()
	}}
	for i, m := range moves {
		if err := w.step(m); err != nil {
			return nil, fmt.Errorf("worlds: move %d of %d: %w", i+1, len(moves), err)
		}
	}
	w.need()
	return w, nil
}

// step appends one move.
func (w *path) step(m move) error {
	found := false
	var next state
	var failure string
	w.moves(&w.state, func(have move, to state, fails string) bool {
		if have == m {
			found, next, failure = true, to, fails
		}
		return !found
	})
	if !found {
		return fmt.Errorf("%+v is not possible", m)
	}
	w.describe(m, &next)
	if failure == "" {
		w.state = next
		w.listen()
	}
	return nil
}

// describe appends the acts of a move.
func (w *path) describe(m move, next *state) {
	i := int(m.node)
	a := act{node: i, needed: true}
	switch m.kind {
	case moveDeliver, moveStamped:
		at := w.places[w.state.places[i]].local
		a.input, a.given, a.from, a.outcome = inputID(m.arg), true, at, w.atlas.step(at, inputID(m.arg))
		a.what = w.input(inputID(m.arg))
	case moveCrashAt:
		out := w.atlas.step(w.places[w.state.places[i]].local, inputID(m.arg))
		c := w.atlas.outcomes[out].cuts[m.extra]
		a.boots, a.outcome = true, w.atlas.boot(i, c.record)
		a.what = w.input(inputID(m.arg)) + ", crashes before its record is durable and restarts without its log"
		w.say(c.sends)
	case moveDrop:
		a.node, a.what = -1, fmt.Sprintf("replica-%d loses %s", i, w.text.Datagram(w.inputs.all[m.arg].data))
	case moveRestart:
		a.boots, a.what = true, "crashes and restarts without its log"
		a.outcome = w.atlas.boot(i, w.local(&w.state, i).record)
	case moveInvoke:
		a.node, a.what = -1, fmt.Sprintf("client-%d calls %v, which is stamped %s", i, opID(m.arg), w.stamps(next))
	case moveResend:
		a.node, a.what = -1, fmt.Sprintf("the last request of client-%d reaches the sequencer again and is stamped %s", i, w.stamps(next))
	case moveSession:
		a.node, a.what = -1, fmt.Sprintf("another sequencer takes over, with session %d", len(w.histories.all[next.history].sessions))
	}
	w.add(a)
	if m.kind == moveSession {
		for to := range replicas {
			w.hear(inFlight{to, w.sessionWord(uint32(len(w.histories.all[next.history].sessions)))})
		}
	}
}

// stamps describes the message stamped last.
func (w *path) stamps(s *state) string {
	sessions := w.histories.all[s.history].sessions
	return fmt.Sprintf("%d/%d", len(sessions), len(sessions[len(sessions)-1]))
}

// input describes an input.
func (w *path) input(id inputID) string {
	switch in := &w.inputs.all[id]; in.kind {
	case inputFrame:
		return fmt.Sprintf("gets from replica-%d: %s", in.from, w.text.Frame(in.data))
	case inputStamped:
		return "gets " + w.text.Datagram(in.data)
	case inputSession:
		return fmt.Sprintf("learns of session %d", in.session)
	case inputShort:
		return "lets a short time pass"
	case inputMedium:
		return "lets the sync interval pass"
	}
	return "lets its time-outs expire"
}

// add appends an act and records the messages that it sends.
func (w *path) add(a act) {
	w.acts = append(w.acts, a)
	if a.node < 0 {
		return
	}
	w.say(w.atlas.outcomes[a.outcome].sends)
}

// say records messages sent by the newest act.
func (w *path) say(sends [replicas]setID) {
	for to, mail := range sends {
		for _, in := range w.sets.all[mail] {
			w.hear(inFlight{to, in})
		}
	}
}

func (w *path) hear(l inFlight) {
	if _, ok := w.said[l]; !ok {
		w.said[l] = max(len(w.acts)-1, 0)
	}
}

// listen appends the acts by which replicas send messages without changing.
func (w *path) listen() {
	for n := -1; n != len(w.said); {
		n = len(w.said)
		for i := range replicas {
			p := w.places[w.state.places[i]]
			for l := range w.heard(i) {
				p.mail = w.sets.union(p.mail, w.sets.id([]inputID{l}))
			}
			for _, in := range w.prompts(&p) {
				out := w.atlas.step(p.local, in)
				if w.matters(p.local, out) || !w.news(out) {
					continue
				}
				w.add(act{node: i, what: w.input(in), input: in, given: true, from: p.local, outcome: out, free: true})
			}
		}
	}
}

// heard returns the messages sent to a replica so far.
func (w *path) heard(to int) map[inputID]bool {
	all := map[inputID]bool{}
	for l := range w.said {
		if l.to == to {
			all[l.input] = true
		}
	}
	return all
}

// news reports whether an outcome sends a message that was not sent before.
func (w *path) news(out outcomeID) bool {
	for to, mail := range w.atlas.outcomes[out].sends {
		for _, in := range w.sets.all[mail] {
			if _, ok := w.said[inFlight{to, in}]; !ok {
				return true
			}
		}
	}
	return false
}

// need marks the free acts that send a message delivered later.
func (w *path) need() {
	for i := len(w.acts) - 1; i >= 0; i-- {
		if a := &w.acts[i]; a.needed && a.given {
			if from, ok := w.said[inFlight{a.node, a.input}]; ok && from < i {
				w.acts[from].needed = true
			}
		}
	}
}

// count returns the number of acts that count.
func (w *path) count() (n int) {
	for _, a := range w.acts {
		if a.needed {
			n++
		}
	}
	return n
}

// lines returns the path as text, one act a line, with the messages that it sends below.
func (w *path) lines() []string {
	var lines []string
	for _, a := range w.acts {
		if !a.needed {
			continue
		}
		if a.node < 0 {
			lines = append(lines, a.what)
			continue
		}
		lines = append(lines, fmt.Sprintf("replica-%d %s", a.node, a.what))
		lines = append(lines, w.answers(&a)...)
	}
	return lines
}

// answers returns the messages that a replica sends, as text.
func (w *path) answers(a *act) []string {
	var lines []string
	o := &w.atlas.outcomes[a.outcome]
	said := map[inputID][]int{}
	var order []inputID
	for to, mail := range o.sends {
		for _, in := range w.sets.all[mail] {
			if said[in] == nil {
				order = append(order, in)
			}
			said[in] = append(said[in], to)
		}
	}
	slices.Sort(order)
	for _, in := range order {
		to := fmt.Sprintf("replica-%d", said[in][0])
		if len(said[in]) == replicas-1 {
			to = "all"
		}
		lines = append(lines, fmt.Sprintf("    to %s: %s", to, w.text.Frame(w.inputs.all[in].data)))
	}
	for _, r := range w.atlas.facts[o.facts].replies {
		lines = append(lines, fmt.Sprintf("    to client-%d: %s", r.client, w.text.Frame(w.inputs.all[r.frame].data)))
	}
	if o.failure == "" && !a.free {
		l := &w.atlas.locals[o.to]
		lines = append(lines, fmt.Sprintf("    is in status %s of view %v, last-normal %v, sync point %d, executed %d, log %v",
			l.phase, l.view, l.lastNormal, l.sp, l.executed, &w.logs.all[l.log]))
	}
	return lines
}

// maxFairLines bounds the text of a fair run.
const maxFairLines = 400

// fairLines returns a fair run from the end of the path as text.
func (w *path) fairLines(down int) []string {
	lines := []string{"from here on nothing is lost:"}
	if down != nobody {
		lines[0] = fmt.Sprintf("from here on replica-%d is down, and nothing else is lost:", down)
	}
	_ = w.fairly(&w.state, down, func(id int, in inputID, out outcomeID) { // the error is known
		if len(lines) < maxFairLines {
			lines = append(lines, fmt.Sprintf("replica-%d %s", id, w.input(in)))
			lines = append(lines, w.answers(&act{outcome: out})...)
		}
	})
	return lines
}
