package udp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

func TestStampAndCopy(t *testing.T) {
	d, r := newPlane(t)
	install(d, 4)
	for i := range 3 {
		d.Datagram(0, sender, request(1, fmt.Sprintf("op %d", i)))
	}
	if len(r.out) != 9 {
		t.Fatalf("%d datagrams sent, want 9", len(r.out))
	}
	for i, s := range r.out {
		h, payload, err := oumlib.ParseHeader(s.b)
		if err != nil {
			t.Fatal(err)
		}
		want := oumlib.Header{Flags: oumlib.FlagSequenced, Group: number(1), Session: 4, Seq: uint64(i/3 + 1), Token: token(4)}
		if h != want || string(payload) != fmt.Sprintf("op %d", i/3) || s.to != replicaAddr(byte(i%3+1)) {
			t.Errorf("datagram %d to %v: %v %q; want %v %q to %v", i, s.to, h, payload, want, fmt.Sprintf("op %d", i/3), replicaAddr(byte(i%3+1)))
		}
	}
	size := uint64(oumlib.HeaderLen + len("op 0"))
	if got, want := d.Counter(groupKey(1)), (sequencer.Counter{Packets: 3, Bytes: 3 * size}); got != want {
		t.Errorf("counter is %+v, want %+v", got, want)
	}
	st := d.Stats()
	if st.Received != 3 || st.Stamped != 3 || st.Copies != 9 || len(st.Groups) != 1 {
		t.Errorf("stats are %+v", st)
	}
	want := GroupStats{Group: number(1), Session: 4, Number: 3, Entry: 4, Packets: 3, Bytes: 3 * size}
	if len(st.Groups) == 1 && st.Groups[0] != want {
		t.Errorf("group stats are %+v, want %+v", st.Groups[0], want)
	}
	wantDrops(t, d, nil)
}

func TestDrops(t *testing.T) {
	relay := sequencer.Action{ID: p4src.ActionRelay}
	drop := sequencer.Action{ID: p4src.ActionGroupDrop}
	stamped := request(1, "x")
	oumlib.Stamp(stamped, 4, 1, token(4))
	version := request(1, "x")
	version[2] = 2
	tests := []struct {
		name   string
		setup  func(*DataPlane)
		in     []byte
		want   Reason
		n      uint64
		copies int
	}{
		{"empty", nil, nil, Short, 1, 0},
		{"short", nil, request(1, "")[:oumlib.HeaderLen-1], Short, 1, 0},
		{"not OUM", nil, bytes.Repeat([]byte{1}, 40), Magic, 1, 0},
		{"another version", nil, version, Version, 1, 0},
		{"stamped by a host", nil, stamped, Sequenced, 1, 0},
		{"unknown group", nil, request(2, "x"), Group, 1, 0},
		{"entry for stamped datagrams only", func(d *DataPlane) {
			k := groupKey(2)
			k.Fields[1] = 1
			d.Put(k, sequence(1, 4, 9))
		}, request(2, "x"), Group, 1, 0},
		{"group_drop", func(d *DataPlane) { d.Put(groupKey(1), drop) }, request(1, "x"), Action, 1, 0},
		{"to_sequencer", func(d *DataPlane) { d.Put(groupKey(1), sequencer.Action{ID: p4src.ActionToSequencer}) }, request(1, "x"), Action, 1, 0},
		{"no multicast group", func(d *DataPlane) { d.DeleteMulticast(9) }, request(1, "x"), Multicast, 1, 0},
		{"two copies without entry", func(d *DataPlane) { d.Delete(copyKey(1)); d.Delete(copyKey(3)) }, request(1, "x"), Copy, 2, 1},
		{"a copy for the next switch", func(d *DataPlane) { d.Put(copyKey(2), relay) }, request(1, "x"), Relay, 1, 2},
		{"cleared", func(d *DataPlane) { d.Clear() }, request(1, "x"), Group, 1, 0},
		{"deleted", func(d *DataPlane) { d.Delete(groupKey(1)) }, request(1, "x"), Group, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, r := newPlane(t)
			install(d, 4)
			if tt.setup != nil {
				tt.setup(d)
			}
			d.Datagram(0, sender, tt.in)
			wantDrops(t, d, map[Reason]uint64{tt.want: tt.n})
			if len(r.out) != tt.copies {
				t.Errorf("%d datagrams sent, want %d", len(r.out), tt.copies)
			}
		})
	}
}

// TestMissCounter checks that the default entry's direct counter counts unmatched datagrams.
func TestMissCounter(t *testing.T) {
	d, _ := newPlane(t)
	d.Datagram(0, sender, request(1, ""))
	key := sequencer.Key{Table: p4src.TableOUMGroup, Default: true}
	if got := d.Counter(key); got.Packets != 1 || got.Bytes != oumlib.HeaderLen {
		t.Errorf("counter is %+v", got)
	}
}

func TestCounterLivesWithItsEntry(t *testing.T) {
	d, _ := newPlane(t)
	install(d, 1)
	d.Datagram(0, sender, request(1, ""))
	d.Put(groupKey(1), sequence(0, 2, 9))
	d.Datagram(0, sender, request(1, ""))
	if got := d.Counter(groupKey(1)).Packets; got != 2 {
		t.Errorf("after MODIFY: %d packets, want 2", got)
	}
	d.SetCounter(groupKey(1), sequencer.Counter{})
	if got := d.Counter(groupKey(1)); got != (sequencer.Counter{}) {
		t.Errorf("after the reset: %+v", got)
	}
	d.Datagram(0, sender, request(1, ""))
	d.Delete(groupKey(1))
	d.Put(groupKey(1), sequence(0, 2, 9))
	if got := d.Counter(groupKey(1)); got != (sequencer.Counter{}) {
		t.Errorf("after DELETE and INSERT: %+v", got)
	}
}

// TestPacketOut checks that a packet for the CPU port returns through the event loop, and that there is
// no other port.
func TestPacketOut(t *testing.T) {
	var queue []func(time.Duration)
	d, err := New(Config{Network: discard{}, Post: func(f func(time.Duration)) { queue = append(queue, f) }})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	d.HandlePacketIn(func(port uint16, payload []byte) { got = append(got, fmt.Sprint(port, string(payload))) })
	d.PacketOut(3, []byte("lost"))
	d.PacketOut(p4src.CPUPort, []byte("probe"))
	if len(got) != 0 {
		t.Error("the packet came back before the event loop turned")
	}
	queue[0](0)
	if len(got) != 1 || got[0] != fmt.Sprint(p4src.CPUPort, "probe") {
		t.Errorf("got %q", got)
	}
	for range maxPacketOuts + 5 {
		d.PacketOut(p4src.CPUPort, nil)
	}
	if len(queue) != 1+maxPacketOuts {
		t.Errorf("%d packet-outs wait, want %d", len(queue)-1, maxPacketOuts)
	}
	wantDrops(t, d, map[Reason]uint64{Port: 1, PacketQueue: 5})
}

func TestHandlerOnlyReacts(t *testing.T) {
	d, r := newPlane(t)
	d.Bulk(0, []byte("x"))
	d.Tick(0)
	d.Flush(0)
	if d.Deadline() != monotime.Never || len(r.out) != 0 {
		t.Error("a sequencer acted without a datagram")
	}
	wantDrops(t, d, map[Reason]uint64{Bulk: 1})
}

func TestNewRejectsIncompleteConfig(t *testing.T) {
	post := func(func(time.Duration)) {}
	for _, cfg := range []Config{{}, {Network: discard{}}, {Post: post}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("New(%+v) succeeded", cfg)
		}
	}
}

// FuzzDatagram checks that no datagram causes a panic, that each is counted, and that every sent one is
// stamped.
func FuzzDatagram(f *testing.F) {
	f.Add([]byte{})
	f.Add(request(1, "payload"))
	f.Add(request(2, ""))
	f.Add(request(1, "")[:27])
	stamped := request(1, "x")
	oumlib.Stamp(stamped, 1, 1, 1)
	f.Add(stamped)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, r := newPlane(t)
		install(d, 4)
		d.Datagram(0, netip.AddrPort{}, b)
		st := d.Stats()
		var dropped uint64
		for _, n := range st.Drops {
			dropped += n
		}
		if st.Stamped+dropped != 1 || uint64(len(r.out)) != 3*st.Stamped {
			t.Fatalf("stamped %d, dropped %d, sent %d", st.Stamped, dropped, len(r.out))
		}
		for _, h := range r.headers(t) {
			if !h.Sequenced() || h.Session != 4 || h.Seq != 1 || h.Token != token(4) {
				t.Fatalf("sent %v", h)
			}
		}
	})
}

// BenchmarkStampAndCopy measures one datagram with three replicas, without the network.
func BenchmarkStampAndCopy(b *testing.B) {
	d, err := New(Config{Network: discard{}, Post: func(func(time.Duration)) {}})
	if err != nil {
		b.Fatal(err)
	}
	install(d, 1)
	msg := request(1, "a payload of forty bytes or thereabouts.")
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		msg[3] = 0 // the sender's flags
		d.Datagram(0, sender, msg)
	}
}

func TestStampAndCopyAllocatesNothing(t *testing.T) {
	d, err := New(Config{Network: discard{}, Post: func(func(time.Duration)) {}})
	if err != nil {
		t.Fatal(err)
	}
	install(d, 1)
	msg := request(1, "payload")
	if n := testing.AllocsPerRun(1000, func() {
		msg[3] = 0
		d.Datagram(0, sender, msg)
	}); n != 0 {
		t.Errorf("%v allocations per datagram, want 0", n)
	}
}
