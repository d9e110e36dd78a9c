package packettest

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

	"github.com/netordered/nopaxos/p4src"
)

// bench is a target while one case runs on it.
type bench struct {
	t        *testing.T
	target   Target
	session  *session
	sentinel sentinel
}

// Run runs the cases on a target. Each case pushes the pipeline first. fresh returns a target whose cells
// have seen no session, at the latest after that push.
func Run(t *testing.T, fresh func(t *testing.T) Target) {
	for i, c := range allCases(fresh(t)) {
		t.Run(c.name, func(t *testing.T) {
			target := fresh(t)
			if reason := target.Lacks(c.needs); reason != "" {
				t.Skip(reason)
			}
			runCase(t, target, allCases(target)[i]) // with the hosts of this target
		})
	}
}

func runCase(t *testing.T, target Target, c testCase) {
	t.Helper()
	client, deviceID := target.P4Runtime()
	s, err := open(client, deviceID)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if c.start != nil {
		if err := target.Preload(c.start.cell, c.start.session, c.start.after); err != nil {
			t.Fatal(err)
		}
	}
	b := &bench{t: t, target: target, session: s}
	b.install()
	b.write(inserts(c.entries...))
	for i, step := range c.steps {
		step.run(b)
		if t.Failed() {
			t.Fatalf("in step %d of %d, %T", i+1, len(c.steps), step)
		}
	}
}

// install pushes the pipeline and installs the sentinels' entries.
func (b *bench) install() {
	b.t.Helper()
	if err := b.session.removeMulticast(); err != nil {
		b.t.Fatal(err)
	}
	if err := b.session.push(b.target.DeviceConfig()); err != nil {
		b.t.Fatal(err)
	}
	b.write(inserts(b.sentinel.entries(b.target)...))
}

func (b *bench) write(list []*p4v1.Update) {
	b.t.Helper()
	if len(list) == 0 {
		return
	}
	if err := b.session.write(list); err != nil {
		b.t.Fatal(err)
	}
}

func (w writeEntries) run(b *bench) { b.write(w) }

func (s sendFrame) run(b *bench) {
	if err := b.target.Inject(s.port, s.frame); err != nil {
		b.t.Fatalf("send at port %d: %v", s.port, err)
	}
	out := b.settle(s.port)
	in := b.settleController()
	b.compare(s.want, out, !s.badChecksum)
	b.compareIn(s.wantIn, in)
	if b.t.Failed() {
		b.t.Logf("after this frame at port %d:\n%s", s.port, Describe(s.frame))
	}
}

func (p sendPacketOut) run(b *bench) {
	if err := b.session.packetOut(p.port, p.payload); err != nil {
		b.t.Fatalf("packet-out: %v", err)
	}
	in := b.settleController()
	out := b.settle(1)
	b.compare(p.want, out, true)
	b.compareIn(p.wantIn, in)
}

func (c checkCounter) run(b *bench) {
	var want p4v1.CounterData
	for _, f := range c.frames {
		want.PacketCount++
		want.ByteCount += int64(b.target.Counted(f))
	}
	found, err := b.session.read(counterEntity(c.entry))
	if err != nil {
		b.t.Fatalf("read the counter: %v", err)
	}
	if len(found) != 1 {
		b.t.Fatalf("read the counter: %d entities, expected 1", len(found))
	}
	got := found[0].GetDirectCounterEntry().GetData()
	if got.GetPacketCount() != want.PacketCount || got.GetByteCount() != want.ByteCount {
		b.t.Errorf("the counter has %d packets and %d bytes, expected %d and %d",
			got.GetPacketCount(), got.GetByteCount(), want.PacketCount, want.ByteCount)
	}
}

// settle sends the next sentinel in at a port and returns the frames that came out of each port before it.
func (b *bench) settle(port int) [Ports + 1][][]byte {
	var out [Ports + 1][][]byte
	b.sentinel.next++
	if err := b.target.Inject(port, b.sentinel.frame(b.target.Host(port))); err != nil {
		b.t.Fatalf("send the sentinel at port %d: %v", port, err)
	}
	deadline := time.Now().Add(patience)
	for p := 1; p <= Ports; p++ {
		for {
			frame, err := b.target.Receive(p, deadline)
			if err != nil {
				b.t.Fatalf("port %d: the sentinel did not come out: %v", p, err)
			}
			if b.sentinel.is(frame) {
				break
			}
			out[p] = append(out[p], frame)
		}
	}
	return out
}

// settleController is settle for the port to the controller.
func (b *bench) settleController() []packetIn {
	b.sentinel.next++
	if err := b.session.packetOut(p4src.CPUPort, b.sentinel.mark()); err != nil {
		b.t.Fatalf("send the sentinel to the controller: %v", err)
	}
	deadline := time.Now().Add(patience)
	var in []packetIn
	for {
		m, err := b.session.next(deadline)
		if err != nil {
			b.t.Fatalf("the sentinel did not return to the controller: %v", err)
		}
		p := m.GetPacket()
		if p == nil {
			b.t.Fatalf("the target sent %v, expected a packet-in", m)
		}
		if bytes.Equal(p.GetPayload(), b.sentinel.mark()) {
			return in
		}
		port, err := p4src.ParseBits(p.GetMetadata()[0].GetValue(), 16)
		if err != nil {
			b.t.Fatalf("packet-in: ingress_port %v", err)
		}
		in = append(in, packetIn{port: int(port), payload: p.GetPayload()})
	}
}

// compare reports every missing, wrong or unexpected frame.
func (b *bench) compare(want []output, out [Ports + 1][][]byte, checksums bool) {
	b.t.Helper()
	for p := 1; p <= Ports; p++ {
		var expected [][]byte
		for _, w := range want {
			if w.port == p {
				expected = append(expected, b.target.Visible(w.frame))
			}
		}
		for _, frame := range out[p] {
			if err := verifyChecksums(frame); err != nil && checksums {
				b.t.Errorf("port %d: %v\n%s", p, err, Describe(frame))
			}
		}
		b.comparePort(p, unmatched(expected, out[p]))
	}
}

// mismatch holds the frames of a comparison without an equal on the other side.
type mismatch struct{ missing, surplus [][]byte }

func unmatched(want, got [][]byte) mismatch {
	var m mismatch
	m.surplus = append(m.surplus, got...)
	for _, w := range want {
		found := false
		for i, g := range m.surplus {
			if bytes.Equal(w, g) {
				m.surplus = append(m.surplus[:i:i], m.surplus[i+1:]...)
				found = true
				break
			}
		}
		if !found {
			m.missing = append(m.missing, w)
		}
	}
	return m
}

func (b *bench) comparePort(port int, m mismatch) {
	b.t.Helper()
	for i := 0; i < max(len(m.missing), len(m.surplus)); i++ {
		switch {
		case i >= len(m.surplus):
			b.t.Errorf("port %d: nothing came out, expected\n%s", port, Describe(m.missing[i]))
		case i >= len(m.missing):
			b.t.Errorf("port %d: this came out, expected nothing\n%s", port, Describe(m.surplus[i]))
		default:
			b.t.Errorf("port %d: the frame is wrong\n%s", port, Diff(m.missing[i], m.surplus[i]))
		}
	}
}

func (b *bench) compareIn(want, got []packetIn) {
	b.t.Helper()
	if w, g := fmt.Sprintf("%x", want), fmt.Sprintf("%x", got); w != g {
		b.t.Errorf("packet-ins are %s, expected %s", g, w)
	}
}
