package controlplane

import (
	"net/netip"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/controlplane/api"
)

// routes has the published state of each group, for any number of watchers. A slow watcher skips states: only the
// newest counts.
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
			state.Replicas = append(state.Replicas, member.String())
		}
		r.groups[g.Number] = &route{state: state, changed: make(chan struct{})}
	}
	return r
}

// publish replaces the state of a group.
func (r *routes) publish(group, session uint32, sequencer string, addr netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[group]
	state := proto.CloneOf(g.state)
	state.Session, state.Sequencer, state.SequencerAddress = session, sequencer, addr.String()
	g.state = state
	close(g.changed)
	g.changed = make(chan struct{})
}

// state returns the published state of a group, which the caller must not change, and a channel that is closed when it
// is replaced. ok is false for an unknown group.
func (r *routes) state(group uint32) (state *api.GroupState, changed <-chan struct{}, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	g := r.groups[group]
	if g == nil {
		return nil, nil, false
	}
	return g.state, g.changed, true
}
