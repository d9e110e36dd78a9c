package worlds

import (
	"fmt"
	"slices"

	"github.com/netordered/nopaxos/internal/dissect"
)

// act is one input to one replica, or something that happens beside them.
type act struct {
	node    int // replica; -1: beside them
	what    string
	input   inputID
	given   bool // input counts
	from    localID
	outcome outcomeID
	free    bool // says something without being changed by it; shown only if what it says is heard
	boots   bool // the replica's process starts anew
	needed  bool
}

// way is a way from a world's beginning to a state or a broken promise, act by act.
type way struct {
	*explorer
	acts  []act
	said  map[letter]int // by which act a replica was first told something
	text  dissect.Dissector
	state state
}

// wayTo reconstructs the way to a state, and beyond it by a last move, if there is one.
func (e *explorer) wayTo(id uint32, last *move) (*way, error) {
	var moves []move
	for at := id; at != 0; at = e.came[at].from {
		moves = append(moves, e.came[at].by)
	}
	slices.Reverse(moves)
	if last != nil {
		moves = append(moves, *last)
	}
	w := &way{explorer: e, said: map[letter]int{}, state: e.states[0]}
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

// step goes one move on.
func (w *way) step(m move) error {
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

// describe notes what a move makes happen.
func (w *way) describe(m move, next *state) {
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
		a.what = w.input(inputID(m.arg)) + ", crashes before its record is durable, and starts without its log"
		w.say(c.sends)
	case moveDrop:
		a.node, a.what = -1, fmt.Sprintf("replica-%d never gets %s", i, w.text.Datagram(w.inputs.all[m.arg].data))
	case moveRestart:
		a.boots, a.what = true, "crashes, and starts without its log"
		a.outcome = w.atlas.boot(i, w.local(&w.state, i).record)
	case moveInvoke:
		a.node, a.what = -1, fmt.Sprintf("client-%d calls %v, which is stamped %s", i, opID(m.arg), w.stamps(next))
	case moveResend:
		a.node, a.what = -1, fmt.Sprintf("the last request of client-%d comes again, and is stamped %s", i, w.stamps(next))
	case moveSession:
		a.node, a.what = -1, fmt.Sprintf("another sequencer takes over, with session %d", len(w.chronicle.all[next.history].sessions))
	}
	w.add(a)
	if m.kind == moveSession {
		for to := range replicas {
			w.hear(letter{to, w.sessionWord(uint32(len(w.chronicle.all[next.history].sessions)))})
		}
	}
}

// stamps says what was stamped last.
func (w *way) stamps(s *state) string {
	sessions := w.chronicle.all[s.history].sessions
	return fmt.Sprintf("%d/%d", len(sessions), len(sessions[len(sessions)-1]))
}

// input says what a replica is given.
func (w *way) input(id inputID) string {
	switch in := &w.inputs.all[id]; in.kind {
	case inputFrame:
		return fmt.Sprintf("gets from replica-%d: %s", in.from, w.text.Frame(in.data))
	case inputStamped:
		return "gets " + w.text.Datagram(in.data)
	case inputSession:
		return fmt.Sprintf("is told of session %d", in.session)
	case inputShort:
		return "waits a little"
	case inputMedium:
		return "waits for the next sync point"
	}
	return "has waited too long"
}

// add notes an act and what it says.
func (w *way) add(a act) {
	w.acts = append(w.acts, a)
	if a.node < 0 {
		return
	}
	w.say(w.atlas.outcomes[a.outcome].sends)
}

// say notes that the newest act says something.
func (w *way) say(sends [replicas]setID) {
	for to, mail := range sends {
		for _, in := range w.sets.all[mail] {
			w.hear(letter{to, in})
		}
	}
}

func (w *way) hear(l letter) {
	if _, ok := w.said[l]; !ok {
		w.said[l] = max(len(w.acts)-1, 0)
	}
}

// listen notes what replicas say without being changed by it.
func (w *way) listen() {
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

// heard is what a replica was told so far.
func (w *way) heard(to int) map[inputID]bool {
	all := map[inputID]bool{}
	for l := range w.said {
		if l.to == to {
			all[l.input] = true
		}
	}
	return all
}

// news reports whether an outcome says something that was not said before.
func (w *way) news(out outcomeID) bool {
	for to, mail := range w.atlas.outcomes[out].sends {
		for _, in := range w.sets.all[mail] {
			if _, ok := w.said[letter{to, in}]; !ok {
				return true
			}
		}
	}
	return false
}

// need marks the free acts that say what is heard later.
func (w *way) need() {
	for i := len(w.acts) - 1; i >= 0; i-- {
		if a := &w.acts[i]; a.needed && a.given {
			if from, ok := w.said[letter{a.node, a.input}]; ok && from < i {
				w.acts[from].needed = true
			}
		}
	}
}

// count is how many acts the way has.
func (w *way) count() (n int) {
	for _, a := range w.acts {
		if a.needed {
			n++
		}
	}
	return n
}

// lines is the way as text, one act a line, with what is said under it.
func (w *way) lines() []string {
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

// answers is what a replica says.
func (w *way) answers(a *act) []string {
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

// maxFairLines bounds what is shown of a fair run.
const maxFairLines = 400

// fairLines is what happens from the way's end on when nothing more goes wrong, as text.
func (w *way) fairLines(down int) []string {
	lines := []string{"from here on nothing is lost:"}
	if down != nobody {
		lines[0] = fmt.Sprintf("from here on replica-%d is down, and nothing else is lost:", down)
	}
	_ = w.fairly(&w.state, down, func(id int, in inputID, out outcomeID) { // its error is known
		if len(lines) < maxFairLines {
			lines = append(lines, fmt.Sprintf("replica-%d %s", id, w.input(in)))
			lines = append(lines, w.answers(&act{outcome: out})...)
		}
	})
	return lines
}
