package worlds

import (
	"fmt"
)

// fairRun continues from a state without faults: messages in flight are lost, but from here on each message
// arrives once, in order, and time passes when nothing else happens. It checks that all pending requests of
// clients complete.
type fairRun struct {
	*world
	locals  [replicas]localID
	history historyID
	queue   []inFlight
	steps   int
	down    int // a crashed replica, or nobody

	begun  bool   // clients call all their operations
	extra  int    // further operations that client 0 calls
	stable uint64 // slot that every replica's sync point has to reach
	// onInput, if not nil, is called for every input.
	onInput func(id int, in inputID, out outcomeID)
}

// nobody stands for no replica.
const nobody = -1

// inFlight is a message in flight.
type inFlight struct {
	to    int
	input inputID
}

// maxFairSteps bounds a fair run.
const maxFairSteps = 20_000

// fairly makes a fair run from a state, without a replica that is down.
func (w *world) fairly(s *state, down int, onInput func(int, inputID, outcomeID)) error {
	r := &fairRun{world: w, history: s.history, down: down, begun: true, extra: 1, onInput: onInput}
	for i := range replicas {
		r.locals[i] = w.places[s.places[i]].local
	}
	// The controller announces the session again to every replica that connects.
	for i := range replicas {
		r.queue = append(r.queue, inFlight{i, w.sessionWord(uint32(len(w.histories.all[s.history].sessions)))})
	}
	if err := r.settle(); err != nil {
		return err
	}
	// The present log has to become stable with the next operation.
	r.stable = r.logs.all[r.atlas.locals[r.locals[r.first()]].log].end()
	r.extra++
	return r.settle()
}

// take continues after an outcome at a replica.
func (r *fairRun) take(id int, out outcomeID) error {
	if r.steps++; r.steps > maxFairSteps {
		return fmt.Errorf("no end after %d steps", maxFairSteps)
	}
	o := &r.atlas.outcomes[out]
	if o.failure != "" {
		return fmt.Errorf("replica %d: %s", id, o.failure)
	}
	if failure := r.formed(&r.locals, o.facts); failure != "" {
		return fmt.Errorf("replica %d: %s", id, failure)
	}
	r.locals[id] = o.to
	for to, mail := range o.sends {
		for _, in := range r.sets.all[mail] {
			r.queue = append(r.queue, inFlight{to, in})
		}
	}
	observed := r.histories.observe(r.history, o.facts)
	if observed.failure != "" {
		return fmt.Errorf("replica %d: %s", id, observed.failure)
	}
	r.history = observed.to
	return nil
}

func (r *fairRun) give(id int, in inputID) error {
	out := r.atlas.step(r.locals[id], in)
	if r.onInput != nil {
		r.onInput(id, in, out)
	}
	return r.take(id, out)
}

// drain delivers all messages in flight.
func (r *fairRun) drain() error {
	for len(r.queue) > 0 {
		l := r.queue[0]
		r.queue = r.queue[1:]
		if l.to == r.down {
			continue
		}
		if err := r.give(l.to, l.input); err != nil {
			return err
		}
	}
	return nil
}

// ask sends the newly stamped messages to the replicas.
func (r *fairRun) ask(o observation) error {
	if o.failure != "" {
		return fmt.Errorf("%s", o.failure)
	}
	old := len(r.lastSession(r.history))
	r.history = o.to
	stamped := r.lastSession(o.to)
	session := len(r.histories.all[o.to].sessions)
	for i := old; i < len(stamped); i++ {
		in := r.stamped(session, i+1, stamped[i].frame)
		for to := range replicas {
			r.queue = append(r.queue, inFlight{to, in})
		}
	}
	return nil
}

func (r *fairRun) lastSession(id historyID) []request {
	sessions := r.histories.all[id].sessions
	return sessions[len(sessions)-1]
}

// tick lets time pass at a replica and delivers the resulting messages.
func (r *fairRun) tick(id int, step inputID) error {
	if id == r.down {
		return nil
	}
	if err := r.give(id, step); err != nil {
		return err
	}
	return r.drain()
}

// fairRounds bounds the rounds of retransmission; every patience-th one is long enough for suspicion.
const (
	fairRounds = 24
	patience   = 4
)

// settle runs until nothing is owed.
func (r *fairRun) settle() error {
	if err := r.drain(); err != nil {
		return err
	}
	why := ""
	for round := range fairRounds {
		if why = r.owed(); why == "" {
			return nil
		}
		if err := r.round(round%patience == patience-1); err != nil {
			return err
		}
	}
	return fmt.Errorf("liveness: after %d rounds without a fault, %s", fairRounds, why)
}

// round advances all clocks and makes all clients retransmit.
func (r *fairRun) round(suspect bool) error {
	for i := range r.bounds.Clients {
		if err := r.asks(i); err != nil {
			return err
		}
		if err := r.drain(); err != nil {
			return err
		}
	}
	for i := range replicas {
		if err := r.tick(i, r.short); err != nil {
			return err
		}
	}
	for i := range replicas {
		step := r.medium
		if l := &r.atlas.locals[r.locals[i]]; suspect && r.silent(l) {
			step = r.long
		} else if !l.leads() || l.executed <= l.sp {
			continue
		}
		if err := r.tick(i, step); err != nil {
			return err
		}
	}
	return nil
}

// silent reports whether a replica gets no PINGs from its view's leader.
func (r *fairRun) silent(l *local) bool {
	id := l.view.LeaderOf(replicas)
	leader := &r.atlas.locals[r.locals[id]]
	return id == r.down || !leader.leads() || leader.view != l.view
}

// first returns the first replica that is not down.
func (r *fairRun) first() int {
	if r.down == 0 {
		return 1
	}
	return 0
}

// asks makes a client call its next operation, or retransmit its pending one.
func (r *fairRun) asks(client int) error {
	called, pending := r.histories.all[r.history].pending(client)
	switch {
	case pending > 0:
		return r.ask(r.histories.resend(r.history, client))
	case r.begun && called < r.wants(client):
		return r.ask(r.histories.invoke(r.history, client, newOpID(client, called)))
	}
	return nil
}

// wants returns the number of operations that a client calls. Client 0 calls more than the bounds say: like the
// leader's TICKs, they uncover messages lost before a silence.
func (r *fairRun) wants(client int) int {
	if client == 0 {
		return r.bounds.Requests + r.extra
	}
	return r.bounds.Requests
}

// owed describes what is still missing; it is empty if nothing is.
func (r *fairRun) owed() string {
	for i := range r.bounds.Clients {
		if called, pending := r.histories.all[r.history].pending(i); pending > 0 || r.begun && called < r.wants(i) {
			return fmt.Sprintf("client %d has called %d operations of %d, of which %d are pending", i, called, r.wants(i), pending)
		}
	}
	for i := range replicas {
		l, first := &r.atlas.locals[r.locals[i]], &r.atlas.locals[r.locals[r.first()]]
		switch {
		case i == r.down:
		case !l.normal():
			return fmt.Sprintf("replica %d is in status %s of view %v", i, l.phase, l.view)
		case l.view != first.view:
			return fmt.Sprintf("replica %d is in view %v, replica %d in %v", i, l.view, r.first(), first.view)
		case r.logs.all[l.log].end() != r.logs.all[first.log].end():
			return fmt.Sprintf("replica %d has %v, replica %d %v", i, &r.logs.all[l.log], r.first(), &r.logs.all[first.log])
		case l.sp < r.stable:
			return fmt.Sprintf("replica %d has sync point %d, expected at least %d", i, l.sp, r.stable)
		}
	}
	return ""
}
