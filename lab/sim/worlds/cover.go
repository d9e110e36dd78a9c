package worlds

// core is a state without its mail and budgets, of which one state may have more than another.
type core struct {
	stands  [replicas]standID
	history historyID
}

func (e *explorer) core(s *state) core {
	c := core{history: s.history}
	for i, id := range s.places {
		c.stands[i] = e.derived[id].stand
	}
	return c
}

// covers reports whether everything that can happen in b can happen in a, too: a has all mail of b, and has spent
// no more.
func (e *explorer) covers(a, b *state) bool {
	if e.plain {
		return *a == *b
	}
	for k := range budgets {
		if a.spent.of(k) > b.spent.of(k) {
			return false
		}
	}
	for i := range replicas {
		if !e.sets.contains(e.places[a.places[i]].mail, e.places[b.places[i]].mail) {
			return false
		}
	}
	return true
}

// visit adds a state, unless a visited state covers it.
func (e *explorer) visit(s state, by arrival) {
	c := e.core(&s)
	newest := e.cores[c]
	for at := newest; at != 0; at = e.older[at-1] {
		if !e.covered[at-1] && e.covers(&e.states[at-1], &s) {
			return
		}
	}
	for at := newest; at != 0; at = e.older[at-1] {
		if !e.covered[at-1] && e.covers(&s, &e.states[at-1]) {
			e.covered[at-1] = true
		}
	}
	e.states = append(e.states, s)
	e.came = append(e.came, by)
	e.older = append(e.older, newest)
	e.covered = append(e.covered, false)
	e.cores[c] = uint32(len(e.states))
}
