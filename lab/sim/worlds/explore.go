package worlds

import (
	"context"
	"fmt"
	"time"
)

// Report is the result of an exploration.
type Report struct {
	Bounds      Bounds
	States      int
	Transitions uint64
	Depth       int  // length of the longest of the shortest paths to a state, in moves
	Ends        int  // states in which nothing more can happen
	Complete    bool // every state was visited
	Took        time.Duration
	Violation   *Violation // nil if there is none
}

// Violation is a violated property, with a shortest path to it.
type Violation struct {
	What  string
	Acts  int      // inputs and other moves on the path
	Trace []string // one move a line, with the messages that it causes below
}

// Options control an exploration.
type Options struct {
	MaxStates int                               // 0: no limit
	Progress  func(depth, states, frontier int) // called from time to time, if not nil
}

// explorer explores breadth first, so that the path to a violation is a shortest one.
type explorer struct {
	*world
	states []state
	came   []arrival
	report Report
	found  *finding
	// States with the same core are in one list.
	cores   map[core]uint32 // its newest state, from 1
	older   []uint32        // by state: the previous one with its core, from 1; 0: none
	covered []bool          // by state: another one covers it
}

// arrival is the move by which a state was first reached.
type arrival struct {
	from uint32
	by   move
}

// finding is a move that violates a property.
type finding struct {
	from uint32
	by   *move // nil for a violation of liveness
	down int   // in a run without this replica
	what string
}

// violation describes a finding.
func (e *explorer) violation() (*Violation, error) {
	w, err := e.pathTo(e.found.from, e.found.by)
	if err != nil {
		return nil, err
	}
	lines := w.lines()
	if e.found.by == nil {
		lines = append(lines, w.fairLines(e.found.down)...)
	}
	return &Violation{What: e.found.what, Acts: w.count(), Trace: lines}, nil
}

// Explore visits every state of a small world, and checks every state and every move.
func Explore(ctx context.Context, b Bounds, o Options) (Report, error) {
	began := time.Now()
	if err := b.Check(); err != nil {
		return Report{Bounds: b}, err
	}
	w, err := newWorld(&b)
	if err != nil {
		return Report{Bounds: b}, err
	}
	e := newExplorer(w)
	first, err := w.begin()
	if err != nil {
		e.report.Violation = &Violation{What: err.Error()}
		return e.report, nil
	}
	e.visit(first, arrival{})
	e.search(ctx, &o)
	r := &e.report
	r.States, r.Took = len(e.states), time.Since(began)
	if e.found != nil {
		if r.Violation, err = e.violation(); err != nil {
			return *r, err
		}
	}
	return *r, ctx.Err()
}

func newExplorer(w *world) *explorer {
	return &explorer{world: w, cores: map[core]uint32{}, report: Report{Bounds: *w.bounds}}
}

func (e *explorer) search(ctx context.Context, o *Options) {
	layer := 1 // end of the states of the current depth
	for at := 0; at < len(e.states); at++ {
		if at == layer {
			layer = len(e.states)
			e.report.Depth++
		}
		if at%4096 == 0 {
			if ctx.Err() != nil || o.MaxStates > 0 && len(e.states) > o.MaxStates {
				return
			}
			if o.Progress != nil {
				o.Progress(e.report.Depth, len(e.states), len(e.states)-at)
			}
		}
		if e.covered[at] {
			continue
		}
		if e.expand(uint32(at)); e.found != nil {
			return
		}
	}
	e.report.Complete = true
}

// expand makes every move from a state.
func (e *explorer) expand(id uint32) {
	s := e.states[id]
	ends := true
	e.moves(&s, func(m move, next state, failure string) bool {
		e.report.Transitions++
		if failure != "" {
			e.found = &finding{from: id, by: &m, what: failure}
			return false
		}
		if next != s {
			ends = false
			e.visit(next, arrival{id, m})
		}
		return true
	})
	if ends {
		e.report.Ends++
	}
	switch {
	case e.found != nil:
	case ends:
		e.owed(id, &s, nobody, replicas-1)
	case e.bounds.Owed > 0 && int(id)%e.bounds.Owed == 0:
		e.owed(id, &s, nobody, nobody)
	}
}

// owed checks liveness from a state: with all replicas, and without each of the given ones in turn, as long as no
// more than f are down or have lost their logs.
func (e *explorer) owed(id uint32, s *state, first, last int) {
	for down := first; down <= last && e.found == nil; down++ {
		if down != nobody && e.recovers(s, down) {
			continue
		}
		if err := e.fairly(s, down, nil); err != nil {
			e.found = &finding{from: id, down: down, what: err.Error()}
			if down != nobody {
				e.found.what = fmt.Sprintf("without replica %d, %v", down, err)
			}
		}
	}
}
