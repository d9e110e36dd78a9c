package devcluster

import (
	"time"

	"github.com/netordered/nopaxos/internal/wait"
)

const (
	firstRestart = 100 * time.Millisecond
	lastRestart  = 5 * time.Second
	healthyLife  = 10 * time.Second // resets the delay before the next restart
)

// died handles a process that ended by itself.
func (c *Cluster) died(r *role, life time.Duration, outcome error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	if !c.cfg.Supervise {
		c.logf("%s died (%v), see the end of %s; to restart it: %s", r.name, outcome, r.path(".log"), r.commandLine())
		return
	}
	delay := r.backOff(life)
	c.logf("%s died (%v), see the end of %s; restarting it in %v", r.name, outcome, r.path(".log"), delay)
	c.restarting.Go(func() { c.restartLater(r, delay) })
}

// restartLater restarts a role unless the cluster is stopped or the role runs again by then.
func (c *Cluster) restartLater(r *role, delay time.Duration) {
	if wait.For(c.stopping, delay) != nil || r.pid() != 0 {
		return
	}
	if err := r.launch(); err != nil {
		c.logf("%v", err)
		return
	}
	c.logf("%s restarted, process id %d", r.name, r.pid())
}

// backOff returns the delay before the next restart. It doubles for a role that keeps dying.
func (r *role) backOff(life time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if life >= healthyLife {
		r.restarts = 0
	}
	return min(firstRestart<<min(r.restarts, 10), lastRestart)
}
