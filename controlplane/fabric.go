package controlplane

import (
	"slices"
	"time"

	"github.com/netordered/nopaxos/monotime"
)

// fabric is the core's part that decides what the switches do. Nil, and every method a no-op, where the
// configuration has no topology.
type fabric struct {
	topo     *Topology
	switchOf []int // by target: its switch, or -1
	targetOf []int // by switch: its target
	hosts    [][]*Host
	health   *health
	paths    *paths
	version  uint64 // of what is wanted, counted at every change
	switches []switchState
	groups   []groupState
	links    []linkState
	cuts     uint64        // times that a link was found cut or whole again
	round    uint64        // of probes
	probeAt  time.Duration // of the next one
}

// switchState is what the core knows of one switch, beside what it knows of every target.
type switchState struct {
	wanted  *Forwarding
	sent    *Forwarding   // the effect under way; nil: none
	done    *Forwarding   // what the target confirmed last, over this connection; nil: nothing
	downAt  time.Duration // given up then; Never: it is healthy, or has been given up
	replyBy time.Duration // of the effect under way
	copies  []installed   // by group, over whatever connection
	returns bool          // it was told to send probes back, and has not ended since
}

// stage is how far the switches are with the tree of a group.
type stage uint8

const (
	// stageShrinking: the switches lose what the new tree does not have.
	stageShrinking stage = iota
	// stageGrowing: they gain what it has.
	stageGrowing
	// stageDone: they have it.
	stageDone
)

// groupState is where the packets of a group go.
type groupState struct {
	decided bool // else nobody knows yet, and what is installed stays
	root    int  // switch that the tree starts at; -1: none, an end host sends every copy itself
	steer   int  // switch that unstamped packets go to; -1: none
	tree    tree
	stage   stage
}

func newFabric(cfg CoreConfig) *fabric {
	if cfg.Topology == nil {
		return nil
	}
	f := &fabric{
		topo:     cfg.Topology,
		switchOf: cfg.Switches,
		targetOf: make([]int, len(cfg.Topology.Switches)),
		health:   newHealth(cfg.Topology),
		switches: make([]switchState, len(cfg.Topology.Switches)),
		groups:   make([]groupState, len(cfg.Groups)),
		links:    make([]linkState, len(cfg.Topology.Links)),
		probeAt:  monotime.Never,
		version:  1,
	}
	for t, s := range f.switchOf {
		if s >= 0 {
			f.targetOf[s] = t
		}
	}
	for i, g := range cfg.Groups {
		f.groups[i] = groupState{root: -1, steer: -1, stage: stageDone}
		var hosts []*Host
		for _, address := range g.Members {
			hosts = append(hosts, cfg.Topology.hostAt(address))
		}
		f.hosts = append(f.hosts, hosts)
	}
	for s := range f.switches {
		f.switches[s] = switchState{downAt: monotime.Never, replyBy: monotime.Never, copies: make([]installed, len(cfg.Groups))}
	}
	f.paths = newPaths(f.topo, f.health)
	return f
}

// switchOfTarget returns the switch that target t is, or -1.
func (c *Core) switchOfTarget(t int) int {
	if c.fabric == nil || t < 0 {
		return -1
	}
	return c.fabric.switchOf[t]
}

// fabricVersion counts what the core wanted of the switches.
func (c *Core) fabricVersion() uint64 {
	if c.fabric == nil {
		return 0
	}
	return c.fabric.version
}

// wanted returns what target t shall do; nil if it is no switch.
func (c *Core) wanted(t int) *Forwarding {
	if s := c.switchOfTarget(t); s >= 0 {
		return c.fabric.switches[s].wanted
	}
	return nil
}

// decide makes target t the sequencer that the tree of group i starts at.
func (c *Core) decide(i, t int) {
	if c.fabric == nil {
		return
	}
	g := &c.fabric.groups[i]
	if root := c.switchOfTarget(t); !g.decided || g.root != root {
		g.decided, g.root = true, root
		c.fabric.replant(c, i)
	}
}

// steer leads the unstamped packets of group i to target t.
func (c *Core) steer(i, t int) {
	if c.fabric == nil {
		return
	}
	c.decide(i, t)
	if g := &c.fabric.groups[i]; g.steer != g.root {
		g.steer = g.root
		c.fabric.changed(c)
	}
}

// routed reports whether the switches have the tree of group i.
func (c *Core) routed(i int) bool {
	return c.fabric == nil || c.fabric.groups[i].stage == stageDone
}

// replant computes the tree of group i anew.
func (f *fabric) replant(c *Core, i int) {
	g := &f.groups[i]
	if !g.decided {
		return
	}
	t := make(tree, len(f.topo.Switches))
	if g.root >= 0 {
		t, _ = f.plant(c, i, g.root)
	}
	if g.tree == nil || !g.tree.equal(t) {
		g.tree, g.stage = t, stageShrinking
	}
	f.changed(c)
}

// changed computes what every switch shall do.
func (f *fabric) changed(c *Core) {
	f.version++
	for s := range f.switches {
		wanted := f.forwarding(c, s)
		if old := f.switches[s].wanted; old == nil || !old.equal(wanted) {
			f.switches[s].wanted = wanted
		}
	}
}

func (f *fabric) forwarding(c *Core, s int) *Forwarding {
	w := &Forwarding{Switch: s, Routes: f.paths.routes(s)}
	for i := range f.groups {
		g := &f.groups[i]
		gf := GroupForwarding{Undecided: !g.decided}
		if g.decided {
			gf.Sequences = g.root == s
			gf.Copies = g.tree[s]
			gf.Shrink = g.stage == stageShrinking && len(gf.Copies) > 0
			if g.steer >= 0 {
				gf.ToSequencer = f.paths.toSequencer(s, g.steer, c.groups[i].number)
			}
		}
		w.Groups = append(w.Groups, gf)
	}
	return w
}

// setDown notes that a switch may be relied upon, or not.
func (f *fabric) setDown(c *Core, s int, down bool) {
	f.switches[s].downAt = monotime.Never
	if f.health.down[s] != down {
		f.health.down[s] = down
		f.reroute(c)
	}
}

// reroute computes paths and trees anew.
func (f *fabric) reroute(c *Core) {
	f.paths = newPaths(f.topo, f.health)
	f.changed(c)
	for i := range f.groups {
		f.replant(c, i)
	}
}

// advanceFabric lets the switches take the steps that their state and the time allow.
func (c *Core) advanceFabric(now time.Duration) {
	f := c.fabric
	if f == nil {
		return
	}
	for s := range f.switches {
		if now >= f.switches[s].downAt {
			f.setDown(c, s, true)
		}
		if now >= f.switches[s].replyBy {
			f.switches[s].replyBy = monotime.Never
			c.reset(f.targetOf[s])
		}
	}
	c.probeLinks(now)
	for f.advanceStages(c) {
	}
	for s := range f.switches {
		c.program(now, s)
	}
}

// advanceStages lets every group whose switches are as far as they should be take the next stage.
func (f *fabric) advanceStages(c *Core) (moved bool) {
	for i := range f.groups {
		g := &f.groups[i]
		if g.stage == stageDone || !f.arrived(i) {
			continue
		}
		if g.stage == stageShrinking {
			g.stage = stageGrowing
		} else {
			g.stage = stageDone
		}
		f.changed(c)
		moved = true
	}
	return moved
}

// arrived reports whether every switch that is relied upon is where the stage of group i leads. A switch that has
// none of the group's copies, and shall have none, is not waited for, whatever keeps it busy.
func (f *fabric) arrived(i int) bool {
	g := &f.groups[i]
	for s := range f.switches {
		st := &f.switches[s]
		there := st.copies[i].within(g.tree[s])
		if in := len(g.tree[s]) > 0 || g.root == s; in && g.stage == stageGrowing {
			there = st.done != nil && st.copies[i].just(g.tree[s], g.root == s)
		}
		if !there && !f.health.down[s] {
			return false
		}
	}
	return true
}

// program sends a switch what it shall do, if it has nothing else to do and does something else.
func (c *Core) program(now time.Duration, s int) {
	f := c.fabric
	t, st := f.targetOf[s], &f.switches[s]
	switch tg := &c.targets[t]; {
	case !tg.ready || st.done == st.wanted:
	case tg.step == stepIdle:
		c.prepare(now, t, false)
	case tg.step == stepPrepare && st.replyBy == monotime.Never: // an audit, which is in the way from now on
		st.replyBy = now + c.cfg.ProgramTimeout
	}
}

// prepare asks for everything on target t but the sequence entries.
func (c *Core) prepare(now time.Duration, t int, afresh bool) {
	tg := &c.targets[t]
	tg.step = stepPrepare
	e := Effect{Kind: EffectPrepare, Target: t, Conn: tg.conn, Afresh: afresh}
	if s := c.switchOfTarget(t); s >= 0 {
		st := &c.fabric.switches[s]
		st.sent = st.wanted
		for i, g := range st.sent.Groups {
			st.copies[i].send(g)
		}
		if tg.ready && !afresh { // nobody waits for an audit, which reads everything
			st.replyBy = now + c.cfg.ProgramTimeout
		}
		e.Forwarding = st.sent
	}
	c.emit(e)
}

// switchPrepared: target t does what was sent last (ok), or maybe not.
func (c *Core) switchPrepared(t int, ok bool) {
	s := c.switchOfTarget(t)
	if s < 0 {
		return
	}
	st := &c.fabric.switches[s]
	st.replyBy = monotime.Never
	if ok {
		st.done, st.returns = st.sent, true
		for i, g := range st.done.Groups {
			st.copies[i].confirm(g)
		}
	}
	c.fabric.setDown(c, s, !ok)
}

// switchLost: the connection to target t is gone. The switch is given up at once if its process has ended
// (refused), else when the grace is over.
func (c *Core) switchLost(now time.Duration, t int, refused bool) {
	s := c.switchOfTarget(t)
	if s < 0 {
		return
	}
	st := &c.fabric.switches[s]
	st.sent, st.done, st.replyBy = nil, nil, monotime.Never
	switch {
	case refused:
		c.fabric.ended(c, s)
	case !c.fabric.health.down[s]:
		st.downAt = min(st.downAt, now+c.cfg.Grace)
	}
}

// switchRuns: target t runs our pipeline, and so has what was installed there (ours), or it has nothing.
func (c *Core) switchRuns(now time.Duration, t int, ours bool) {
	s := c.switchOfTarget(t)
	switch {
	case s < 0:
	case !ours:
		c.fabric.ended(c, s)
	case now >= c.startBy:
		c.fabric.switches[s].downAt = monotime.Never
	}
}

// startFabric: switches that are not heard of in time are not relied upon.
func (c *Core) startFabric(now time.Duration) {
	if c.fabric == nil {
		return
	}
	for s := range c.fabric.switches {
		c.fabric.switches[s].downAt = c.startBy
	}
	if c.fabric.topo.Probe > 0 {
		c.fabric.probeAt = now
	}
	c.fabric.changed(c)
}

// fabricDeadline returns when the switches next want Tick.
func (c *Core) fabricDeadline() time.Duration {
	at := monotime.Never
	if c.fabric != nil {
		at = c.fabric.probeAt
		for s := range c.fabric.switches {
			at = min(at, c.fabric.switches[s].downAt, c.fabric.switches[s].replyBy)
		}
	}
	return at
}

// severedAt returns from when on group i does without its sequencer as cut links keep that from a quorum of replicas
// and another one not; Never: they do not.
func (c *Core) severedAt(i int) time.Duration {
	g := &c.groups[i]
	if c.fabric == nil || !slices.Contains(c.fabric.health.cut, true) {
		return monotime.Never
	}
	if _, sure := c.reach(i, g.target); sure > g.f {
		return monotime.Never
	}
	at := monotime.Never
	for t := range c.cfg.Targets {
		if tg := &c.targets[t]; tg.ready && !tg.entries[i].writing {
			if _, sure := c.reach(i, t); sure > g.f {
				at = min(at, max(g.holdUntil, tg.retryAt))
			}
		}
	}
	return at
}

// reach returns how many replicas of group i get what target t stamps, if every link carries what it should
// (all), and over links that do (sure).
func (c *Core) reach(i, t int) (all, sure int) {
	s := c.switchOfTarget(t)
	if s < 0 {
		return len(c.groups[i].reports), len(c.groups[i].reports)
	}
	f := c.fabric
	_, distance := f.plant(c, i, s)
	for _, h := range f.hosts[i] {
		if distance[h.At.Switch] < unreachable {
			all++
		}
		if distance[h.At.Switch] < avoided {
			sure++
		}
	}
	return all, sure
}
