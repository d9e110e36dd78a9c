package devcluster

import (
	"fmt"
	"strings"
	"time"
)

const (
	firstRestart = 100 * time.Millisecond
	lastRestart  = 5 * time.Second
	healthyLife  = 10 * time.Second // a role that lived so long is restarted at once again
)

// died is told of a role that ended without having been asked to.
func (c *Cluster) died(p *process, life time.Duration, how error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return
	}
	if !c.cfg.Supervise {
		c.logf("%s died (%v), its last words are in %s; to restart it: %s",
			p.name, how, p.path(".log"), p.commandLine())
		return
	}
	delay := p.backOff(life)
	c.logf("%s died (%v), its last words are in %s; restarting it in %v", p.name, how, p.path(".log"), delay)
	c.restarting.Go(func() { c.restartLater(p, delay) })
}

// restartLater restarts a role unless the cluster is stopped or somebody else restarts it first.
func (c *Cluster) restartLater(p *process, delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-c.stopping.Done():
		return
	case <-timer.C:
	}
	if p.pid() != 0 {
		return
	}
	if err := p.start(); err != nil {
		c.logf("%v", err)
		return
	}
	c.logf("%s restarted, process id %d", p.name, p.pid())
}

// backOff is how long to wait before the next restart: longer each time for a role that does not live.
func (p *process) backOff(life time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if life >= healthyLife {
		p.restarts = 0
	}
	return min(firstRestart<<min(p.restarts, 10), lastRestart)
}

// commandLine is what a person would type to start the role.
func (p *process) commandLine() string {
	return fmt.Sprintf("%s %s", p.binary, strings.Join(p.args, " "))
}
