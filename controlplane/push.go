package controlplane

import (
	"context"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/p4src"
)

// Push makes each of the switches run its program, unless it does already, and tells done of each. It is what
// a controller does by itself when it meets a switch; Push is for those who want to see it happen before.
//
// storePath is the controller's store, which must not be in use: a controller that runs has the switches in
// its hands, and one that comes later takes them over by the store's next election id.
func Push(ctx context.Context, storePath string, switches []Switch, done func(s Switch, pushed bool)) error {
	store, err := OpenStore(storePath, p4src.MaxGroups)
	if err != nil {
		return err
	}
	election, err := store.Election(electionFloor())
	if closeErr := store.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("controlplane: election id: %w", err)
	}
	for _, s := range switches {
		pushed, err := pushOne(ctx, s, election)
		if err != nil {
			return fmt.Errorf("switch %s at %s: %w", s.Name, s.P4RuntimeAddr, err)
		}
		done(s, pushed)
	}
	return nil
}

func pushOne(ctx context.Context, s Switch, election uint64) (pushed bool, err error) {
	p, err := newPipeline(s.DeviceConfig)
	if err != nil {
		return false, err
	}
	conn, err := connect(ctx, Sequencer{P4RuntimeAddr: s.P4RuntimeAddr, DeviceID: s.DeviceID}, electionID(election, 1), nil)
	if err != nil {
		return false, err
	}
	defer conn.close()
	if runs, err := conn.runs(conn.ctx, p); err != nil || runs {
		return false, err
	}
	return true, conn.push(conn.ctx, p)
}

// electionFloor is the lowest election id that a store may hand out now. It is the wall clock so that a
// controller that lost its store still outranks the one before; the store's count, so that one whose clock
// was set back does.
func electionFloor() uint64 { return uint64(max(0, time.Now().Unix())) }
