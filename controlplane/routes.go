package controlplane

import (
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/controlplane/api"
)

// routes is what is published about each group, for any number of watchers. A slow watcher
// skips states: only the newest counts.
type routes struct {
	mu     sync.Mutex
	groups map[uint32]*route
}

type route struct {
	state   *api.GroupState // never changed in place
	changed chan struct{}   // closed when state is replaced
}

func newRoutes(groups []Group) *routes {
	r := &routes{groups: make(map[uint32]*route, len(groups))}
	for _, g := range groups {
		state := &api.GroupState{Group: g.Number, Name: g.Name, F: uint32(g.F)}
		for _, member := range g.Replicas {
			state.Replicas = append(state.Replicas, member.Addr.String())
		}
		r.groups[g.Number] = &route{state: state, changed: make(chan struct{})}
	}
	return r
}

// publish replaces the state of a group.
func (r *routes) publish(group, session uint32, s Sequencer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[group]
	state := proto.CloneOf(g.state)
	state.Session, state.Sequencer, state.SequencerAddress = session, s.Name, s.dataAddr(group).String()
	g.state = state
	close(g.changed)
	g.changed = make(chan struct{})
}

// state returns what is published about a group, which the caller must not change, and a channel
// that is closed when it is no longer so. ok is false for an unknown group.
func (r *routes) state(group uint32) (state *api.GroupState, changed <-chan struct{}, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[group]
	if g == nil {
		return nil, nil, false
	}
	return g.state, g.changed, true
}
