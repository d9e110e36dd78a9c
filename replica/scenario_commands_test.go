package replica

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/netordered/nopaxos/internal/dissect"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// scenarioWorld is a cluster in which every message stays in flight until the script delivers or drops it. All
// timers are an hour long unless the script sets them, so that nothing happens but the scenario. Messages are
// shown when they are sent; REPLYs and reports leave the world at once.
type scenarioWorld struct {
	out    strings.Builder
	keys   wire.Keys
	text   dissect.Dissector
	now    time.Duration
	cfg    Config
	undo   bool
	nodes  []*scenarioNode
	flight []flying
	held   []flying // messages held back
	hold   []selector
	quiet  bool               // nothing is shown
	onFly  func(*flying) bool // called for every message sent; false loses it

	onInput   func(*Core) // called for the core after every input
	onStamped func() bool // called for every stamped message at every replica; false loses it

	session  uint32 // of the sequencer
	number   uint64
	stamped  map[uint64][]byte // datagrams of the session, by number
	clientOf map[string]uint64
	muted    map[wire.Kind]bool
}

type scenarioNode struct {
	core   *Core
	sm     *journalMachine
	record Record
	up     bool
}

// flying is a message in flight. For the sequencer, to is toGroup.
type flying struct {
	from, to int
	data     []byte
	kind     wire.Kind
	text     string
}

const toGroup = -1

const scenarioGroup = 0x0A00FF01

// run carries out one command: a name and arguments, key=value or bare.
func (w *scenarioWorld) run(line string) error {
	fields := strings.Fields(line)
	a := arguments{named: map[string]string{}}
	for _, f := range fields[1:] {
		if k, v, ok := strings.Cut(f, "="); ok {
			a.named[k] = v
		} else {
			a.bare = append(a.bare, f)
		}
	}
	command, ok := scenarioCommands[fields[0]]
	if !ok {
		return fmt.Errorf("no command %q", fields[0])
	}
	if w.nodes == nil && fields[0] != "cluster" {
		return fmt.Errorf("%s before cluster", fields[0])
	}
	return command(w, &a)
}

var scenarioCommands map[string]func(*scenarioWorld, *arguments) error

func init() { // in init, because repeat refers to the map
	scenarioCommands = map[string]func(*scenarioWorld, *arguments) error{
		"cluster":     (*scenarioWorld).cluster,
		"register":    (*scenarioWorld).register,
		"request":     (*scenarioWorld).request,
		"tick-of":     (*scenarioWorld).tickOf,
		"void":        (*scenarioWorld).void,
		"late":        (*scenarioWorld).late,
		"deliver":     (*scenarioWorld).deliver,
		"drop":        (*scenarioWorld).drop,
		"hold":        (*scenarioWorld).holdBack,
		"release":     (*scenarioWorld).release,
		"forget":      (*scenarioWorld).forget,
		"flight":      (*scenarioWorld).showFlight,
		"tick":        (*scenarioWorld).tick,
		"pass":        (*scenarioWorld).pass,
		"session":     (*scenarioWorld).sessionCommand,
		"old-session": (*scenarioWorld).oldSession,
		"forge":       (*scenarioWorld).forge,
		"repeat":      (*scenarioWorld).repeat,
		"crash":       (*scenarioWorld).crash,
		"restart":     (*scenarioWorld).restart,
		"suspect":     (*scenarioWorld).suspect,
		"status":      (*scenarioWorld).status,
		"log":         (*scenarioWorld).showLog,
		"mute":        (*scenarioWorld).mute,
	}
}

// arguments are the arguments of a command.
type arguments struct {
	named map[string]string
	bare  []string
}

func (a *arguments) number(name string, def int) (int, error) {
	s, ok := a.named[name]
	if !ok {
		return def, nil
	}
	return strconv.Atoi(s)
}

func (a *arguments) duration(name string, def time.Duration) (time.Duration, error) {
	s, ok := a.named[name]
	if !ok {
		return def, nil
	}
	return time.ParseDuration(s)
}

// replicas parses a list of replicas: "0,2", "all" or "none".
func (a *arguments) replicas(name, def string, n int) (list []int, err error) {
	s, ok := a.named[name]
	if !ok {
		s = def
	}
	switch s {
	case "none":
		return nil, nil
	case "all":
		for i := range n {
			list = append(list, i)
		}
		return list, nil
	}
	for _, f := range strings.Split(s, ",") {
		i, err := strconv.Atoi(f)
		if err != nil || i < 0 || i >= n {
			return nil, fmt.Errorf("%s=%s: expected replicas 0 to %d, all or none", name, s, n-1)
		}
		list = append(list, i)
	}
	return list, nil
}

const hour = time.Hour

func (w *scenarioWorld) say(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.out, format+"\n", args...)
	}
}

// fly puts a message to each of the receivers in flight, or holds it.
func (w *scenarioWorld) fly(from int, to []int, data []byte) {
	text := w.text.Frame(data)
	kind, _ := wire.PeekKind(data)
	var names []string
	for _, i := range to {
		f := flying{from: from, to: i, data: slices.Clone(data), kind: kind, text: text}
		if w.onFly != nil && !w.onFly(&f) {
			continue
		}
		name := nameOf(i)
		if slices.ContainsFunc(w.hold, func(s selector) bool { return s.matches(&f) }) {
			w.held = append(w.held, f)
			name += "(held)"
		} else {
			w.flight = append(w.flight, f)
		}
		names = append(names, name)
	}
	if !w.muted[kind] {
		w.say("%d->%s %s", from, strings.Join(names, ","), text)
	}
}

func nameOf(i int) string {
	if i == toGroup {
		return "group"
	}
	return strconv.Itoa(i)
}

// selector picks messages in flight: kind=, from=, to=, each a list.
type selector struct {
	kinds    []string
	from, to []string
}

func selectorOf(a *arguments) selector {
	list := func(name string) []string {
		if s, ok := a.named[name]; ok {
			return strings.Split(s, ",")
		}
		return nil
	}
	return selector{kinds: list("kind"), from: list("from"), to: list("to")}
}

func (s *selector) matches(f *flying) bool {
	in := func(list []string, v string) bool { return list == nil || slices.Contains(list, v) }
	return in(s.kinds, f.kind.String()) && in(s.from, nameOf(f.from)) && in(s.to, nameOf(f.to))
}

// deliver [kind=] [from=] [to=]: delivers matching messages in flight, oldest first. Without a selector it
// delivers all messages, and those that they cause, until none is in flight.
func (w *scenarioWorld) deliver(a *arguments) error {
	if len(a.named) == 0 {
		w.deliverAll()
		return nil
	}
	s := selectorOf(a)
	return w.take(&s, w.arrive)
}

func (w *scenarioWorld) deliverAll() {
	for steps := 0; len(w.flight) > 0; steps++ {
		if steps == 10000 {
			w.say("still flying after 10000 messages")
			return
		}
		f := w.flight[0]
		w.flight = w.flight[1:]
		w.arrive(f)
	}
}

// take removes the matching messages from flight and calls a function with each.
func (w *scenarioWorld) take(s *selector, with func(flying)) error {
	var taken []flying
	w.flight = slices.DeleteFunc(w.flight, func(f flying) bool {
		if !s.matches(&f) {
			return false
		}
		taken = append(taken, f)
		return true
	})
	if len(taken) == 0 {
		return fmt.Errorf("no such message in flight")
	}
	for _, f := range taken {
		with(f)
	}
	return nil
}

func (w *scenarioWorld) arrive(f flying) {
	if f.to == toGroup {
		w.stamp(f.data, nil)
		return
	}
	if n := w.nodes[f.to]; n.up {
		n.core.Message(w.now, f.data)
		w.collect(f.to)
	}
}

// drop [kind=] [from=] [to=]: loses matching messages in flight.
func (w *scenarioWorld) drop(a *arguments) error {
	s := selectorOf(a)
	return w.take(&s, func(flying) {})
}

// hold kind= from= to=: from now on messages that match wait for release.
func (w *scenarioWorld) holdBack(a *arguments) error {
	w.hold = append(w.hold, selectorOf(a))
	return nil
}

// release [count=1]: puts the held messages in flight, in order, and stops holding; with count, only so many of
// the oldest, and continues to hold.
func (w *scenarioWorld) release(a *arguments) error {
	count, err := a.number("count", 0)
	if err != nil || count > len(w.held) {
		return fmt.Errorf("count=%s: %d messages are held", a.named["count"], len(w.held))
	}
	if count > 0 {
		w.flight = append(w.flight, w.held[:count]...)
		w.held = w.held[count:]
		return nil
	}
	w.flight = append(w.flight, w.held...)
	w.held, w.hold = nil, nil
	return nil
}

// forget: loses the held messages, and stops holding.
func (w *scenarioWorld) forget(*arguments) error {
	w.held, w.hold = nil, nil
	return nil
}

// flight: shows the messages in flight.
func (w *scenarioWorld) showFlight(*arguments) error {
	for _, f := range w.flight {
		w.say("%d->%s %s", f.from, nameOf(f.to), f.text)
	}
	return nil
}

// stamp stamps a frame with the next number and delivers it to every replica except those that lose it.
func (w *scenarioWorld) stamp(frame []byte, lose []int) {
	w.number++
	b := oumlib.AppendHeader(nil, oumlib.Header{Group: scenarioGroup})
	b = append(b, frame...)
	oumlib.Stamp(b, w.session, w.number, oumlib.SessionToken(w.keys.Token, scenarioGroup, w.session))
	w.stamped[w.number] = b
	for i := range w.nodes {
		if !slices.Contains(lose, i) {
			w.stampedTo(i, b)
		}
	}
}

func (w *scenarioWorld) stampedTo(i int, b []byte) {
	if n := w.nodes[i]; n.up && (w.onStamped == nil || w.onStamped()) {
		n.core.Stamped(w.now, slices.Clone(b))
		w.collect(i)
	}
}

func (w *scenarioWorld) setSession(session uint32) {
	w.session, w.number = session, 0
	clear(w.stamped)
}

// register client=a [lose=0,1]: a client registers; its id is the slot, by replica 0's base.
func (w *scenarioWorld) register(a *arguments) error {
	lose, err := a.replicas("lose", "none", len(w.nodes))
	if err != nil {
		return err
	}
	name := a.named["client"]
	for _, n := range w.nodes {
		if n.up && n.core.phase == phaseNormal {
			w.clientOf[name] = n.core.base + w.number + 1
		}
	}
	nonce := wire.ClientID{Hi: 1, Lo: uint64(len(w.clientOf))}
	return w.send(wire.Request{Register: true, Client: nonce, ID: 1, Low: 1}, lose)
}

// request client=a id=1 [low=1] [op=x] [lose=0,1]: stamps a request and delivers it to all replicas except those
// that lose it. Without client= it is from client number 1.
func (w *scenarioWorld) request(a *arguments) error {
	lose, err := a.replicas("lose", "none", len(w.nodes))
	if err != nil {
		return err
	}
	id, err := a.number("id", 1)
	if err != nil {
		return err
	}
	low, err := a.number("low", 1)
	if err != nil {
		return err
	}
	client, ok := w.clientOf[a.named["client"]]
	if !ok {
		return fmt.Errorf("client %q has not registered", a.named["client"])
	}
	op, ok := a.named["op"]
	if !ok {
		op = fmt.Sprintf("%s%d", a.named["client"], id)
	}
	if size, _ := a.number("size", 0); size > len(op) {
		op += strings.Repeat(".", size-len(op))
	}
	return w.send(wire.Request{Client: wire.ClientID{Lo: client}, ID: uint64(id), Low: uint64(low), Op: []byte(op)}, lose)
}

func (w *scenarioWorld) send(m wire.Request, lose []int) error {
	m.ReplyTo = netip.MustParseAddrPort("10.0.0.9:9000")
	w.stamp(w.keys.Client.Seal(wire.AppendRequest(nil, &m), 0), lose)
	return nil
}

// tick-of replica=0 view=0/1 [time=] [lose=]: stamps a TICK of that replica.
func (w *scenarioWorld) tickOf(a *arguments) error {
	lose, err := a.replicas("lose", "none", len(w.nodes))
	if err != nil {
		return err
	}
	from, err := a.number("replica", 0)
	if err != nil {
		return err
	}
	var m wire.Tick
	if _, err := fmt.Sscanf(a.named["view"], "%d/%d", &m.View.Leader, &m.View.Session); err != nil {
		return fmt.Errorf("view=%s: expected leader/session", a.named["view"])
	}
	t, err := a.duration("time", 0)
	if err != nil {
		return err
	}
	m.Replica, m.Incarnation, m.Time = uint16(from), w.nodes[from].record.Incarnation, uint64(t)
	w.stamp(w.keys.Replica.Seal(wire.AppendTick(nil, &m), 0), lose)
	return nil
}

// void [to=1] [lose=]: stamps a datagram with a damaged payload; with to=, only these replicas get it.
func (w *scenarioWorld) void(a *arguments) error {
	to, err := a.replicas("to", "all", len(w.nodes))
	if err != nil {
		return err
	}
	var lose []int
	for i := range w.nodes {
		if !slices.Contains(to, i) {
			lose = append(lose, i)
		}
	}
	w.stamp([]byte("damaged"), lose)
	return nil
}

// late number=3 to=1 [damaged]: the datagram with that number arrives (again).
func (w *scenarioWorld) late(a *arguments) error {
	number, err := a.number("number", 0)
	if err != nil {
		return err
	}
	to, err := a.replicas("to", "all", len(w.nodes))
	if err != nil {
		return err
	}
	b, ok := w.stamped[uint64(number)]
	if !ok {
		return fmt.Errorf("number %d was not stamped in session %d", number, w.session)
	}
	b = slices.Clone(b)
	if slices.Contains(a.bare, "damaged") {
		b[len(b)-1] ^= 1
	}
	for _, i := range to {
		w.stampedTo(i, b)
	}
	return nil
}

// tick 5ms: time passes; timers run at their time; nothing in flight arrives.
func (w *scenarioWorld) tick(a *arguments) error { return w.elapse(a, false) }

// pass 5ms: time passes, and what flies arrives at once.
func (w *scenarioWorld) pass(a *arguments) error { return w.elapse(a, true) }

func (w *scenarioWorld) elapse(a *arguments, deliver bool) error {
	if len(a.bare) != 1 {
		return fmt.Errorf("expected one duration")
	}
	d, err := time.ParseDuration(a.bare[0])
	if err != nil {
		return err
	}
	end := w.now + d
	for steps := 0; ; steps++ {
		if deliver {
			w.deliverAll()
		}
		who, at := w.nextTimer()
		if at > end {
			break
		}
		if steps == 100000 {
			return fmt.Errorf("timers do not come to rest")
		}
		w.now = max(w.now, at)
		w.nodes[who].core.Tick(w.now)
		w.collect(who)
	}
	w.now = end
	return nil
}

func (w *scenarioWorld) nextTimer() (who int, at time.Duration) {
	at = monotime.Never
	for i, n := range w.nodes {
		if n.up {
			if d := n.core.Deadline(); d < at {
				who, at = i, d
			}
		}
	}
	return who, at
}

// session 2 [to=0,1]: starts a new session, which the controller announces to those replicas (none: they see it
// from a stamped message).
func (w *scenarioWorld) sessionCommand(a *arguments) error {
	if len(a.bare) != 1 {
		return fmt.Errorf("expected a session number")
	}
	s, err := strconv.ParseUint(a.bare[0], 10, 32)
	if err != nil {
		return err
	}
	to, err := a.replicas("to", "all", len(w.nodes))
	if err != nil {
		return err
	}
	if uint32(s) != w.session {
		w.setSession(uint32(s))
	}
	for _, i := range to {
		if n := w.nodes[i]; n.up {
			n.core.Session(w.now, uint32(s))
			w.collect(i)
		}
	}
	return nil
}

// old-session 1: from now on an old sequencer stamps in its session, from message number 100 on.
func (w *scenarioWorld) oldSession(a *arguments) error {
	if len(a.bare) != 1 {
		return fmt.Errorf("expected a session number")
	}
	s, err := strconv.ParseUint(a.bare[0], 10, 32)
	if err != nil {
		return err
	}
	w.setSession(uint32(s))
	w.number = 99
	return nil
}

// forge session= number=: a stamped datagram with a wrong token arrives everywhere.
func (w *scenarioWorld) forge(a *arguments) error {
	session, err := a.number("session", 1)
	if err != nil {
		return err
	}
	number, err := a.number("number", 1)
	if err != nil {
		return err
	}
	b := oumlib.AppendHeader(nil, oumlib.Header{Group: scenarioGroup})
	oumlib.Stamp(b, uint32(session), uint64(number), 12345)
	for i := range w.nodes {
		w.stampedTo(i, b)
	}
	return nil
}

// repeat 10 command …: runs the command ten times, with $i replaced by 1, 2, …
func (w *scenarioWorld) repeat(a *arguments) error {
	if len(a.bare) < 2 {
		return fmt.Errorf("expected a count and a command")
	}
	n, err := strconv.Atoi(a.bare[0])
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		command := &arguments{named: map[string]string{}, bare: a.bare[2:]}
		for k, v := range a.named {
			command.named[k] = strings.ReplaceAll(v, "$i", strconv.Itoa(i))
		}
		if err := scenarioCommands[a.bare[1]](w, command); err != nil {
			return err
		}
	}
	return nil
}

func (w *scenarioWorld) each(a *arguments, f func(i int, n *scenarioNode) error) error {
	for _, s := range a.bare {
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 || i >= len(w.nodes) {
			return fmt.Errorf("replica %q, expected 0 to %d", s, len(w.nodes)-1)
		}
		if err := f(i, w.nodes[i]); err != nil {
			return err
		}
	}
	return nil
}

// crash 0: the process dies; its record stays.
func (w *scenarioWorld) crash(a *arguments) error {
	return w.each(a, func(_ int, n *scenarioNode) error {
		n.up, n.core, n.sm = false, nil, nil
		return nil
	})
}

// restart 0: a new process with the record, and nothing else.
func (w *scenarioWorld) restart(a *arguments) error {
	return w.each(a, func(i int, _ *scenarioNode) error { return w.start(i) })
}

// suspect 1: the replica suspects its leader, as when its timer has expired.
func (w *scenarioWorld) suspect(a *arguments) error {
	return w.each(a, func(i int, n *scenarioNode) error {
		n.core.now = w.now
		n.core.suspectLeader()
		w.collect(i)
		return nil
	})
}

// mute KIND …: messages of these kinds are not shown.
func (w *scenarioWorld) mute(a *arguments) error {
	for k := wire.KindRequest; k <= wire.KindSnapshotChunk; k++ {
		if slices.Contains(a.bare, k.String()) {
			w.muted[k] = true
		}
	}
	return nil
}

// status [0 …]: one line for each replica.
func (w *scenarioWorld) status(a *arguments) error {
	if len(a.bare) > 0 {
		return w.each(a, w.statusOf)
	}
	for i, n := range w.nodes {
		if err := w.statusOf(i, n); err != nil {
			return err
		}
	}
	return nil
}

func (w *scenarioWorld) statusOf(i int, n *scenarioNode) error {
	if !n.up {
		w.say("%d: down, record view=%v last-normal=%v", i, n.record.View, n.record.LastNormal)
		return nil
	}
	c := n.core
	what := c.phase.String()
	if c.leads() {
		what = "leads"
	}
	w.say("%d: %v %s last-normal=%v base=%d start=%d sp=%d executed=%d end=%d state=%v",
		i, c.durable.View, what, c.durable.LastNormal, c.base, c.log.start, c.syncPoint, c.executed, c.log.end, n.sm.ops)
	return nil
}

// log [0 …]: the log of each replica.
func (w *scenarioWorld) showLog(a *arguments) error {
	show := func(i int, n *scenarioNode) error {
		if n.up {
			l := &n.core.log
			w.say("%d: %s", i, w.text.Entries(l.entries(nil, l.start, l.end, 1<<20)))
		}
		return nil
	}
	if len(a.bare) > 0 {
		return w.each(a, show)
	}
	for i, n := range w.nodes {
		if err := show(i, n); err != nil {
			return err
		}
	}
	return nil
}
