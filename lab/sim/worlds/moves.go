package worlds

// moveKind is the kind of a move.
type moveKind uint8

const (
	moveDeliver moveKind = iota // a message of another replica or of the controller arrives, or time passes
	moveCrashAt                 // the same, and the replica crashes before its record is durable
	moveStamped                 // a stamped message arrives
	moveDrop                    // the next stamped message is lost
	moveRestart                 // a replica crashes and restarts without its log
	moveInvoke                  // a client calls an operation, and the sequencer stamps it
	moveResend                  // a client's request reaches the sequencer again
	moveSession                 // another sequencer takes over
)

// move is a transition from a state to the next.
type move struct {
	kind  moveKind
	node  uint8  // replica or client
	extra uint8  // session of a stamped message; number of a cut
	arg   uint32 // input, or number
}

// take is called with a move and its outcome.
type take func(m move, next state, failure string) bool

// moves calls take with every move from a state until it returns false.
func (e *explorer) moves(s *state, take take) {
	for i := range replicas {
		p := e.places[s.places[i]]
		if !e.mail(s, i, &p, take) || !e.stamps(s, i, &p, take) || !e.ticks(s, i, &p, take) || !e.restarts(s, i, &p, take) {
			return
		}
	}
	e.clients(s, take)
}

// mail delivers the messages of other replicas.
func (e *explorer) mail(s *state, i int, p *place, take take) bool {
	for _, d := range e.delivered(s.places[i]) {
		if !e.outcome(s, i, move{kind: moveDeliver, node: uint8(i), arg: uint32(d.input)}, d.outcome, &p.arrived, s.spent, take) {
			return false
		}
	}
	return true
}

// outcome takes a move with a known outcome. For every record that the replica makes durable after it has sent
// something, it also takes the move with a crash before that.
func (e *explorer) outcome(s *state, i int, m move, id outcomeID, arrived *arrivals, spent spent, take take) bool {
	o := e.atlas.outcomes[id]
	next, failure := e.apply(s, i, &o, arrived)
	next.spent = spent
	if !take(m, next, failure) {
		return false
	}
	if failure != "" || !e.mayRestart(s, i) {
		return true
	}
	for k, c := range o.cuts {
		boot := e.atlas.outcomes[e.atlas.boot(i, c.record)]
		for to := range boot.sends {
			boot.sends[to] = e.sets.union(boot.sends[to], c.sends[to])
		}
		next, failure := e.apply(s, i, &boot, arrived)
		next.spent = spent.plus(budgetRestarts)
		m.kind, m.extra = moveCrashAt, uint8(k)
		if !take(m, next, failure) {
			return false
		}
	}
	return true
}

// stamps delivers the next stamped message of each session, or drops it, or delivers a later one first, as far as
// the bounds allow.
func (e *explorer) stamps(s *state, i int, p *place, take take) bool {
	for session, stamped := range e.histories.all[s.history].sessions {
		overtakes := false
		for n := range stamped {
			if p.arrived[session]>>n&1 == 1 {
				continue
			}
			spent := s.spent
			if overtakes {
				spent = spent.plus(budgetReorders)
			}
			arrived := p.arrived
			arrived[session] |= 1 << n
			in := e.stamped(session+1, n+1, stamped[n].frame)
			m := move{kind: moveStamped, node: uint8(i), extra: uint8(session), arg: uint32(in)}
			if !e.outcome(s, i, m, e.atlas.step(p.local, in), &arrived, spent, take) {
				return false
			}
			if !overtakes && e.bounds.left(s.spent, budgetDrops) {
				next := *s
				next.places[i] = e.place(place{p.local, p.mail, arrived})
				next.spent = s.spent.plus(budgetDrops)
				if !take(move{kind: moveDrop, node: uint8(i), extra: uint8(session), arg: uint32(in)}, next, "") {
					return false
				}
			}
			if overtakes = true; !e.bounds.left(s.spent, budgetReorders) {
				break
			}
		}
	}
	return true
}

// ticks lets time pass at a replica.
func (e *explorer) ticks(s *state, i int, p *place, take take) bool {
	l := &e.atlas.locals[p.local]
	tick := func(in inputID, spent spent) bool {
		return e.outcome(s, i, move{kind: moveDeliver, node: uint8(i), arg: uint32(in)}, e.atlas.step(p.local, in), &p.arrived, spent, take)
	}
	ok := true
	if l.leads() && l.executed > l.sp && e.bounds.left(s.spent, budgetSyncs) {
		ok = tick(e.medium, s.spent.plus(budgetSyncs))
	}
	if ok && !l.recovers() && !e.atlas.locals[p.local].leads() && e.bounds.left(s.spent, budgetLeaderChanges) {
		ok = tick(e.long, s.spent.plus(budgetLeaderChanges))
	}
	return ok
}

// mayRestart reports whether a replica may lose its log: the protocol does not tolerate more than f lost logs.
func (e *explorer) mayRestart(s *state, id int) bool {
	if !e.bounds.left(s.spent, budgetRestarts) {
		return false
	}
	return !e.recovers(s, id)
}

// recovers reports whether another replica has lost its log and not recovered yet.
func (e *explorer) recovers(s *state, but int) bool {
	for i := range replicas {
		if i != but && e.local(s, i).recovers() {
			return true
		}
	}
	return false
}

func (e *explorer) restarts(s *state, i int, p *place, take take) bool {
	if !e.mayRestart(s, i) {
		return true
	}
	boot := e.atlas.outcomes[e.atlas.boot(i, e.atlas.locals[p.local].record)]
	next, failure := e.apply(s, i, &boot, &p.arrived)
	next.spent = s.spent.plus(budgetRestarts)
	return take(move{kind: moveRestart, node: uint8(i)}, next, failure)
}

// clients makes clients call and retransmit, and changes the sequencer.
func (e *explorer) clients(s *state, take take) {
	h := &e.histories.all[s.history]
	for i := range h.clients {
		called, pending := h.pending(i)
		calls := pending == 0 && called < e.bounds.Requests && !e.mirrored(h, i)
		if called > 0 && e.bounds.left(s.spent, budgetResends) {
			o, next := e.histories.resend(s.history, i), *s
			next.history, next.spent = o.to, s.spent.plus(budgetResends)
			if !take(move{kind: moveResend, node: uint8(i)}, next, o.failure) {
				return
			}
		}
		if calls {
			op := newOpID(i, called)
			o, next := e.histories.invoke(s.history, i, op), *s
			if next.history = o.to; !take(move{kind: moveInvoke, node: uint8(i), arg: uint32(op)}, next, o.failure) {
				return
			}
		}
		h = &e.histories.all[s.history]
	}
	if e.bounds.left(s.spent, budgetSessions) {
		next := *s
		next.history = e.histories.nextSession(s.history)
		next.spent = s.spent.plus(budgetSessions)
		word := e.sets.id([]inputID{e.sessionWord(uint32(len(e.histories.all[next.history].sessions)))})
		for i := range replicas {
			next.places[i] = e.post(next.places[i], word)
		}
		e.saturate(&next)
		take(move{kind: moveSession}, next, "")
	}
}

// mirrored reports whether a client must wait until the one before it has called its first operation. Clients are
// symmetric: exchanging them gives an equivalent state.
func (e *explorer) mirrored(h *history, client int) bool {
	if client == 0 || len(h.calls) > 0 && client == 1 {
		return false
	}
	called, _ := h.pending(client - 1)
	return called == 0
}
