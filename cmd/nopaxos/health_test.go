package main

import (
	"context"
	"errors"
	"testing"

	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/controlplane/api"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/sequencer"
)

func TestHealth(t *testing.T) {
	groups := func(phases ...string) controlplane.Status {
		s := controlplane.Status{StatusReply: &api.StatusReply{}}
		for _, phase := range phases {
			s.Groups = append(s.Groups, &api.GroupStatus{State: &api.GroupState{Name: "kv"}, Phase: phase})
		}
		return s
	}
	for _, c := range []struct {
		name string
		got  error
		want string // "": healthy
	}{
		{"controller", controllerHealth(groups("active", "active")), ""},
		{"controller that searches", controllerHealth(groups("active", "searching")), "group kv has no active sequencer: searching"},
		{"sequencer", sequencerHealth(sequencer.Stats{Pipeline: true}), ""},
		{"sequencer without a program", sequencerHealth(sequencer.Stats{}), "no controller has committed a pipeline"},
		{"replica", replicaHealth(replica.Status{Phase: "normal"}), ""},
		{"replica that recovers", replicaHealth(replica.Status{Phase: "recovering", View: wire.View{Leader: 3, Session: 4}}),
			"recovering in view <3,4>, expected normal"},
	} {
		if c.want == "" && c.got != nil || c.want != "" && (c.got == nil || c.got.Error() != c.want) {
			t.Errorf("%s: %v, expected %q", c.name, c.got, c.want)
		}
	}
}

// answers is a group that counts what it is asked.
type answers struct {
	err   error
	asked int
}

func (a *answers) Invoke(context.Context, []byte) ([]byte, error) {
	a.asked++
	return nil, a.err
}

func TestFrontEndHealth(t *testing.T) {
	down := errors.New("nobody is there")
	for _, want := range []error{nil, down} {
		group := &answers{err: want}
		h := frontEndHealth{group: group}
		for range 2 {
			if got := h.check(); !errors.Is(got, want) {
				t.Errorf("got %v, expected %v", got, want)
			}
		}
		if group.asked != 1 {
			t.Errorf("the group was asked %d times within %v, expected once", group.asked, healthInterval)
		}
	}
}
