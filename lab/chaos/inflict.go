//go:build linux

package chaos

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"github.com/netordered/nopaxos/internal/status"
	"github.com/netordered/nopaxos/lab/netlab"
)

// inflicted are the faults of a step that last.
type inflicted struct {
	heals []func() error // undo them, the last first
	flaps []netlab.Port
}

// inflict breaks what the faults say. Roles that wander are those of the state before.
func (r *run) inflict(faults []Fault, before *status.Cluster) (*inflicted, error) {
	cast, err := newCast(r.plan.roles, before)
	if err != nil {
		return nil, err
	}
	done := &inflicted{}
	losses := make(map[Role][]netlab.Loss)
	for _, f := range faults {
		who, from := cast.resolve(f.Who), cast.resolve(f.From)
		switch f.Kind {
		case Kill:
			err = r.each(who, func(role Role) error { return r.kill(done, role, f.Ahead) })
		case Freeze:
			err = r.each(who, func(role Role) error { return r.freeze(done, role) })
		case Unplug:
			err = r.each(who, func(role Role) error { return r.unplug(done, role) })
		case Flap:
			for _, role := range who {
				done.flaps = append(done.flaps, r.bed.Cable(string(role)))
			}
		case Lose:
			for _, role := range r.plan.roles {
				losses[role] = append(losses[role], netlab.Loss{Share: f.Loss})
			}
		case Cut:
			for _, role := range who {
				losses[role] = append(losses[role], r.packetsFrom(from)...)
			}
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%v: %w", f, err), done.heal())
		}
	}
	for role, l := range losses {
		node := r.bed.Node(string(role))
		if err := node.Lose(l...); err != nil {
			return nil, errors.Join(err, done.heal())
		}
		done.heals = append(done.heals, func() error { return node.Lose() })
	}
	return done, nil
}

func (r *run) each(who []Role, do func(Role) error) error {
	for _, role := range who {
		if err := do(role); err != nil {
			return err
		}
	}
	return nil
}

// kill ends a role; its next life has a clock of its own.
func (r *run) kill(done *inflicted, role Role, ahead time.Duration) error {
	if err := r.cluster.Kill(string(role)); err != nil {
		return err
	}
	if err := r.setClock(role, ahead); err != nil {
		return err
	}
	done.heals = append(done.heals, func() error { return r.cluster.Restart(string(role)) })
	return nil
}

func (r *run) freeze(done *inflicted, role Role) error {
	pid, err := r.cluster.PID(string(role))
	if err != nil {
		return err
	}
	if pid == 0 {
		return fmt.Errorf("%s does not run", role)
	}
	done.heals = append(done.heals, func() error { return syscall.Kill(pid, syscall.SIGCONT) })
	return syscall.Kill(pid, syscall.SIGSTOP)
}

func (r *run) unplug(done *inflicted, role Role) error {
	cable := r.bed.Cable(string(role))
	done.heals = append(done.heals, cable.Up)
	return cable.Down()
}

// packetsFrom are all packets of some hosts.
func (r *run) packetsFrom(roles []Role) []netlab.Loss {
	var losses []netlab.Loss
	for _, role := range roles {
		h, _ := r.bed.Plan.Host(string(role)) // the roles are its hosts
		losses = append(losses, netlab.Loss{From: netip.PrefixFrom(h.Address, h.Address.BitLen()), Share: 1})
	}
	return losses
}

// flapEvery is how long a cable that flaps is pulled, and plugged, each time.
const flapEvery = 200 * time.Millisecond

// hold lets the faults last for a while.
func (i *inflicted) hold(ctx context.Context, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	if len(i.flaps) == 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(flapEvery)
	defer ticker.Stop()
	for pulled := true; ; pulled = !pulled {
		for _, cable := range i.flaps {
			turn := cable.Up
			if pulled {
				turn = cable.Down
			}
			if err := turn(); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// heal undoes the faults.
func (i *inflicted) heal() error {
	var failed []error
	for _, cable := range i.flaps {
		failed = append(failed, cable.Up())
	}
	for n := len(i.heals) - 1; n >= 0; n-- {
		failed = append(failed, i.heals[n]())
	}
	i.heals, i.flaps = nil, nil
	return errors.Join(failed...)
}
