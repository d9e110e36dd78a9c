package baselines

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/lab/baseline"
)

// links decides which messages arrive, and when.
type links struct {
	rng       *rand.Rand
	delay     time.Duration // shortest
	jitter    time.Duration
	loss      float64 // of datagrams
	duplicate float64
	reorder   float64                    // of datagrams with a much longer delay
	cut       map[[2]netip.AddrPort]bool // from, to
	healed    bool
	delays    []time.Duration
}

func newLinks(rng *rand.Rand) links {
	l := links{
		rng: rng, delay: 10 * time.Microsecond, jitter: time.Duration(1+rng.IntN(100)) * time.Microsecond,
		cut: map[[2]netip.AddrPort]bool{},
	}
	switch rng.IntN(4) {
	case 0: // no faults
	case 1:
		l.loss = 0.002
	case 2:
		l.loss, l.duplicate, l.reorder = 0.03*rng.Float64(), 0.02, 0.02
	case 3:
		l.loss, l.duplicate, l.reorder = 0.15*rng.Float64(), 0.1*rng.Float64(), 0.2*rng.Float64()
	}
	return l
}

func (l *links) once() []time.Duration {
	d := l.delay + time.Duration(l.rng.Int64N(int64(l.jitter)))
	if !l.healed && l.rng.Float64() < l.reorder {
		d += time.Duration(l.rng.Int64N(int64(3 * time.Millisecond)))
	}
	return append(l.delays[:0], d)
}

func (l *links) datagram(from, to netip.AddrPort, _ int, _ time.Duration) []time.Duration {
	if l.cut[[2]netip.AddrPort{from, to}] || !l.healed && l.rng.Float64() < l.loss {
		return nil
	}
	l.delays = l.once()
	if !l.healed && l.rng.Float64() < l.duplicate {
		l.delays = append(l.delays, l.delays[0]+time.Duration(l.rng.Int64N(int64(20*time.Millisecond))))
	}
	return l.delays
}

// bulk is the fate of a bulk message. Only a broken connection loses it.
func (l *links) bulk(from, to netip.AddrPort, size int, _ time.Duration) []time.Duration {
	if l.cut[[2]netip.AddrPort{from, to}] {
		return nil
	}
	l.delays = l.once()
	l.delays[0] += time.Duration(size)
	return l.delays
}

// plan schedules faults until the load ends.
func (w *world) plan() {
	rng := w.stream(3)
	if rng.IntN(6) == 0 {
		return // message faults only
	}
	gap := time.Duration(10+rng.IntN(150)) * time.Millisecond
	for at := time.Duration(rng.Int64N(int64(gap))); at < loadFor; at += time.Duration(rng.Int64N(int64(2 * gap))) {
		f := w.fault(rng)
		w.network.At(at, func(time.Duration) { f() })
	}
	w.network.At(loadFor, func(time.Duration) { w.heal() })
}

// fault draws a fault and its duration.
func (w *world) fault(rng *rand.Rand) func() {
	i, lasts := rng.IntN(len(w.peers)), time.Duration(1+rng.IntN(150))*time.Millisecond
	j, oneWay, deaf := rng.IntN(len(w.peers)), rng.IntN(3) == 0, rng.IntN(2) == 0
	leader := rng.IntN(2) == 0
	switch kind := rng.IntN(10); {
	case kind < 4 && w.system != baseline.Unreplicated:
		return func() { w.crash(w.pick(i, leader), lasts) }
	case kind < 6:
		return func() { w.sleep(w.pick(i, leader), lasts) }
	case kind < 8:
		return func() { w.isolate(w.pick(i, leader), oneWay, deaf, lasts) }
	case kind < 9:
		return func() { w.sever(i, j, oneWay, lasts) }
	}
	ppm, jump := int64(rng.IntN(2000)-1000), time.Duration(rng.IntN(20))*time.Millisecond
	return func() { w.replicas[i].node.SetClock(ppm, jump) }
}

// pick returns the leader according to replica i, or i.
func (w *world) pick(i int, leader bool) int {
	if r, ok := w.replicas[i].core.(interface{ Leader() int }); ok && leader {
		return r.Leader()
	}
	return i
}

// crash stops a replica and restarts it without its memory, unless more than f would then lack theirs.
func (w *world) crash(i int, lasts time.Duration) {
	lacking := 0
	for _, m := range w.replicas {
		if !m.whole() {
			lacking++
		}
	}
	m := w.replicas[i]
	if m.dead || m.whole() && lacking >= len(w.peers)/2 {
		return
	}
	m.dead = true
	m.node.Stop()
	w.network.At(w.network.Now()+lasts, func(time.Duration) {
		if err := w.start(i, true); err != nil {
			w.fail(err)
		}
	})
}

// sleep deschedules a replica for a while.
func (w *world) sleep(i int, lasts time.Duration) {
	m := w.replicas[i]
	if m.dead || m.asleep {
		return
	}
	m.asleep = true
	m.node.Pause()
	w.network.At(w.network.Now()+lasts, func(time.Duration) {
		m.asleep = false
		m.node.Resume()
	})
}

// isolate cuts a replica off from the others. One-way isolation still lets the others receive from it. Unless the
// replica is also deaf to clients it continues to receive requests.
func (w *world) isolate(i int, oneWay, deaf bool, lasts time.Duration) {
	for j := range w.peers {
		w.sever(i, j, oneWay, lasts)
	}
	for j := range w.clients {
		if deaf {
			w.cutFor(clientAddr(j), replicaAddr(i), lasts)
		}
	}
}

// sever cuts the links between two replicas.
func (w *world) sever(i, j int, oneWay bool, lasts time.Duration) {
	w.cutFor(replicaAddr(j), replicaAddr(i), lasts)
	if !oneWay {
		w.cutFor(replicaAddr(i), replicaAddr(j), lasts)
	}
}

func (w *world) cutFor(from, to netip.AddrPort, lasts time.Duration) {
	link := [2]netip.AddrPort{from, to}
	w.links.cut[link] = true
	w.network.At(w.network.Now()+lasts, func(time.Duration) { delete(w.links.cut, link) })
}

// heal ends the faults of the network.
func (w *world) heal() { w.links.healed = true }
