package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/netordered/nopaxos/controlplane"
	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/sequencer"
)

// What /healthz of each role says: nil if the role can do its work now, else why it cannot.

// controllerHealth wants an active sequencer for every group.
func controllerHealth(s controlplane.Status) error {
	for _, g := range s.Groups {
		if g.Phase != "active" {
			return fmt.Errorf("group %s has no active sequencer: %s", g.State.Name, g.Phase)
		}
	}
	return nil
}

// sequencerHealth wants a program to run: a standby that was programmed is healthy.
func sequencerHealth(s sequencer.Stats) error {
	if !s.Pipeline {
		return errors.New("no controller has committed a pipeline")
	}
	return nil
}

// replicaHealth wants a replica that takes part in its group's view.
func replicaHealth(s replica.Status) error {
	if s.Phase != status.Normal {
		return fmt.Errorf("%s in view %v, expected %s", s.Phase, s.View, status.Normal)
	}
	return nil
}

// invoker is what frontEndHealth needs of a client.
type invoker interface {
	Invoke(ctx context.Context, op []byte) ([]byte, error)
}

const (
	healthPatience = time.Second // for the group's answer
	healthInterval = time.Second // in which a second question gets the first one's answer
)

// frontEndHealth wants an answer of the group. It asks for one, because a front-end that no client uses
// learns nothing of its group, and asks seldom, because the question goes through the group's log.
type frontEndHealth struct {
	group invoker

	mu    sync.Mutex
	asked time.Time
	last  error
}

func (h *frontEndHealth) check() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.asked.IsZero() && time.Since(h.asked) < healthInterval {
		return h.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), healthPatience)
	defer cancel()
	if _, h.last = h.group.Invoke(ctx, kv.EncodeCommand("EXISTS", "nopaxos:is-healthy")); h.last != nil {
		h.last = fmt.Errorf("the group does not answer: %w", h.last)
	}
	h.asked = time.Now()
	return h.last
}
