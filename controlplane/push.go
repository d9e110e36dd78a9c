package controlplane

import (
	"context"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/p4runtime"
	"github.com/netordered/nopaxos/controlplane/store"
	"github.com/netordered/nopaxos/p4src"
)

// Push makes each of the switches run its program, unless it does already, and calls done after each. A controller
// pushes by itself when it first connects to a switch; Push is for operators who want to see it happen before.
//
// storePath is the controller's store, which must not be in use: a running controller programs the switches itself, and
// one that starts later takes them over with the store's next election id.
func Push(ctx context.Context, storePath string, switches []fabric.Switch, done func(s fabric.Switch, pushed bool)) error {
	st, err := store.Open(storePath, p4src.MaxGroups)
	if err != nil {
		return err
	}
	life, err := st.Election(electionFloor())
	if closeErr := st.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("controlplane: election id: %w", err)
	}
	for _, s := range switches {
		pushed, err := pushOne(ctx, s, life)
		if err != nil {
			return fmt.Errorf("switch %s at %s: %w", s.Name, s.P4RuntimeAddr, err)
		}
		done(s, pushed)
	}
	return nil
}

func pushOne(ctx context.Context, s fabric.Switch, life uint64) (pushed bool, err error) {
	p, err := p4runtime.NewPipeline(s.DeviceConfig)
	if err != nil {
		return false, err
	}
	conn, err := p4runtime.Connect(ctx, p4runtime.Target{Addr: s.P4RuntimeAddr, DeviceID: s.DeviceID, Life: life, Attempt: 1})
	if err != nil {
		return false, err
	}
	defer conn.Close()
	if runs, err := conn.Runs(p); err != nil || runs {
		return false, err
	}
	return true, conn.Push(p)
}

// electionFloor returns the lowest election id that a store may hand out now. It is the wall clock, so that a controller
// that lost its store still outranks its predecessor; the store's count makes one outrank it whose clock was set back.
func electionFloor() uint64 { return uint64(max(0, time.Now().Unix())) }
