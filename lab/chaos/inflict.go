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

// inflicted is a step's faults while they last.
type inflicted struct {
	heals []func() error // undo the faults, in reverse order
	flaps []netlab.Port
}

// inflict causes the faults. The status before the step decides which roles lead and sequence.
func (r *run) inflict(faults []fault, before *status.Cluster) (*inflicted, error) {
	cast, err := newCast(r.plan.roles, before)
	if err != nil {
		return nil, err
	}
	done := &inflicted{}
	losses := make(map[role][]netlab.Loss)
	for _, f := range faults {
		who, from := cast.resolve(f.Who), cast.resolve(f.From)
		switch f.Kind {
		case kill:
			err = r.each(who, func(role role) error { return r.kill(done, role, f.Ahead) })
		case freeze:
			err = r.each(who, func(role role) error { return r.freeze(done, role) })
		case unplug:
			err = r.each(who, func(role role) error { return r.unplug(done, role) })
		case flap:
			for _, role := range who {
				done.flaps = append(done.flaps, r.bed.Cable(string(role)))
			}
		case lose:
			for _, role := range r.plan.roles {
				losses[role] = append(losses[role], netlab.Loss{Share: f.Loss})
			}
		case cut:
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

func (r *run) each(who []role, do func(role) error) error {
	for _, role := range who {
		if err := do(role); err != nil {
			return err
		}
	}
	return nil
}

// kill ends a role and shifts the clock of its next process.
func (r *run) kill(done *inflicted, role role, ahead time.Duration) error {
	if err := r.cluster.Kill(string(role)); err != nil {
		return err
	}
	if err := r.setClock(role, ahead); err != nil {
		return err
	}
	done.heals = append(done.heals, func() error { return r.cluster.Restart(string(role)) })
	return nil
}

func (r *run) freeze(done *inflicted, role role) error {
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

func (r *run) unplug(done *inflicted, role role) error {
	cable := r.bed.Cable(string(role))
	done.heals = append(done.heals, cable.Up)
	return cable.Down()
}

// packetsFrom matches all packets from some hosts.
func (r *run) packetsFrom(roles []role) []netlab.Loss {
	var losses []netlab.Loss
	for _, role := range roles {
		h, _ := r.bed.Plan.Host(string(role)) // every role has a host
		losses = append(losses, netlab.Loss{From: netip.PrefixFrom(h.Address, h.Address.BitLen()), Share: 1})
	}
	return losses
}

// flapEvery is the time for which a flapping cable stays pulled, and plugged.
const flapEvery = 200 * time.Millisecond

// hold waits while the faults last.
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
