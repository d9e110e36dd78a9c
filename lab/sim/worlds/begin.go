package worlds

import (
	"fmt"

	"github.com/netordered/nopaxos/replica"
)

// begin returns the initial state of a world: a group in its first session with registered clients. Within the
// bounds all executions are the same up to there.
func (w *world) begin() (state, error) {
	r, err := w.boot()
	if err != nil {
		return state{}, err
	}
	r.stable = uint64(w.bounds.Clients) // their REGISTERs
	if err := r.settle(); err != nil {
		return state{}, fmt.Errorf("worlds: before the world begins: %w", err)
	}
	var s state
	s.history = r.history
	h := &w.histories.all[r.history]
	for i := range replicas {
		var arrived arrivals
		for session, stamped := range h.sessions {
			if len(stamped) > maxNumbers {
				return s, fmt.Errorf("worlds: %d messages stamped in session %d, at most %d fit", len(stamped), session+1, maxNumbers)
			}
			arrived[session] = 1<<len(stamped) - 1
		}
		s.places[i] = w.place(place{local: r.locals[i], arrived: arrived})
	}
	return s, nil
}

// boot starts a group: it starts every replica for the first time, opens session 1 and registers the clients.
func (w *world) boot() (*fairRun, error) {
	h := history{sessions: [][]request{nil}}
	for i := range w.bounds.Clients {
		c, err := w.clientAtlas.open(i)
		if err != nil {
			return nil, err
		}
		h.clients = append(h.clients, c)
	}
	r := &fairRun{world: w, history: w.histories.id(&h), down: nobody}
	for i := range replicas {
		if err := r.take(i, w.atlas.boot(i, replica.Bootstrap())); err != nil {
			return nil, err
		}
	}
	for i := range replicas {
		r.queue = append(r.queue, inFlight{to: i, input: w.sessionWord(1)})
	}
	if err := r.drain(); err != nil {
		return nil, err
	}
	for i := range w.bounds.Clients {
		if err := r.ask(w.histories.invoke(r.history, i, 0)); err != nil {
			return nil, err
		}
		if err := r.drain(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// sessionWord is the input by which the controller announces a session.
func (w *world) sessionWord(session uint32) inputID {
	return w.inputs.id(input{kind: inputSession, session: session})
}
