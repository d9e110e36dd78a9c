package udp

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/sequencer"
)

// sent is a datagram of the data plane.
type sent struct {
	to netip.AddrPort
	b  []byte
}

// recorder is a network that records the sent datagrams.
type recorder struct{ out []sent }

func (r *recorder) Send(to netip.AddrPort, b []byte) {
	r.out = append(r.out, sent{to, append([]byte(nil), b...)})
}
func (r *recorder) SendBulk(netip.AddrPort, []byte) {}
func (r *recorder) LocalAddr() netip.AddrPort       { return netip.AddrPort{} }

// discard is a network that drops everything.
type discard struct{}

func (discard) Send(netip.AddrPort, []byte)     {}
func (discard) SendBulk(netip.AddrPort, []byte) {}
func (discard) LocalAddr() netip.AddrPort       { return netip.AddrPort{} }

var sender = netip.MustParseAddrPort("127.0.0.1:1000")

func newPlane(t testing.TB) (*DataPlane, *recorder) {
	t.Helper()
	r := &recorder{}
	d, err := New(Config{Network: r, Post: func(f func(time.Duration)) { f(0) }})
	if err != nil {
		t.Fatal(err)
	}
	return d, r
}

// number is the OUM number of group 10.0.0.x.
func number(x byte) uint32 { return oumlib.GroupNumber([4]byte{10, 0, 0, x}) }

func groupKey(x byte) sequencer.Key {
	return sequencer.Key{Table: p4src.TableOUMGroup, Fields: [2]uint64{uint64(number(x)), 0}}
}

func sequence(index uint16, session uint32, multicast uint16) sequencer.Action {
	a := sequencer.Action{ID: p4src.ActionSequence}
	a.Params[p4src.ParamSequenceGroupIndex-1] = uint64(index)
	a.Params[p4src.ParamSequenceSession-1] = uint64(session)
	a.Params[p4src.ParamSequenceToken-1] = token(session)
	a.Params[p4src.ParamSequenceMcastGrp-1] = uint64(multicast)
	return a
}

func token(session uint32) uint64 { return uint64(session)<<32 | 0xABCD }

func copyKey(rid uint16) sequencer.Key {
	return sequencer.Key{Table: p4src.TableOUMCopy, Fields: [2]uint64{uint64(rid), 0}}
}

func replicaAddr(i byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, i}), 9000+uint16(i))
}

func deliver(i byte) sequencer.Action {
	a := sequencer.Action{ID: p4src.ActionDeliver}
	addr := replicaAddr(i).Addr().As4()
	a.Params[p4src.ParamDeliverIP-1] = uint64(binary.BigEndian.Uint32(addr[:]))
	a.Params[p4src.ParamDeliverUDPPort-1] = uint64(replicaAddr(i).Port())
	return a
}

// install sets up group 10.0.0.1 with cell 0 and three replicas.
func install(d *DataPlane, session uint32) {
	var members []sequencer.Replica
	for i := range byte(3) {
		d.Put(copyKey(uint16(i)+1), deliver(i+1))
		members = append(members, sequencer.Replica{EgressPort: uint32(i), Instance: uint16(i) + 1})
	}
	d.SetMulticast(9, members)
	d.Put(groupKey(1), sequence(0, session, 9))
}

// request returns an unstamped datagram for group 10.0.0.x.
func request(x byte, payload string) []byte {
	return append(oumlib.AppendHeader(nil, oumlib.Header{Group: number(x)}), payload...)
}

func (r *recorder) headers(t *testing.T) []oumlib.Header {
	t.Helper()
	var list []oumlib.Header
	for _, s := range r.out {
		h, _, err := oumlib.ParseHeader(s.b)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, h)
	}
	return list
}

func wantDrops(t *testing.T, d *DataPlane, want map[Reason]uint64) {
	t.Helper()
	got := d.Stats().Drops
	for _, r := range Reasons() {
		if got[r] != want[r] {
			t.Errorf("drops for %s: %d, want %d", r, got[r], want[r])
		}
	}
}
