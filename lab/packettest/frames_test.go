package packettest

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

var testGroup = group{addr: netip.AddrFrom4([4]byte{10, 255, 0, 1}), members: []Host{DefaultHost(2)}}

// TestFrameOnTheWire compares a frame with its bytes, written by hand.
func TestFrameOnTheWire(t *testing.T) {
	p := testGroup.request(DefaultHost(1), "hi")
	p.VLAN = 0xB00A
	want := []byte{
		0x02, 0, 0, 0, 1, 1, 0x02, 0, 0, 0, 0, 1, 0x81, 0x00, 0xB0, 0x0A, 0x08, 0x00,
		0x45, 0, 0, 58, 0x12, 0x34, 0x40, 0, 64, 17, 0x12, 0x7E, 10, 0, 1, 2, 10, 255, 0, 1,
		0x23, 0x8D, 0x26, 0x45, 0, 38, 0xDC, 0x0F,
		0x4F, 0x55, 1, 0, 10, 255, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		'h', 'i',
	}
	if got := p.Frame(); !bytes.Equal(got, want) {
		t.Errorf("the frame is wrong\n%s", Diff(want, got))
	}
}

// FuzzDissect checks that the fields of any frame cover it without gaps.
func FuzzDissect(f *testing.F) {
	p := testGroup.request(DefaultHost(1), "payload")
	f.Add([]byte{})
	f.Add(p.Frame())
	f.Add(arpMessage{senderIP: p.Src.Addr(), targetIP: p.Src.Addr()}.frame())
	for _, d := range damaged(p) {
		f.Add(d.frame)
	}
	f.Fuzz(func(t *testing.T, frame []byte) {
		at := 0
		for _, field := range dissect(frame) {
			if field.at != at || field.len <= 0 {
				t.Fatalf("%s is at %d with %d bytes, expected at %d", field.name, field.at, field.len, at)
			}
			at += field.len
		}
		if at != len(frame) {
			t.Fatalf("the fields cover %d bytes of %d", at, len(frame))
		}
		_ = verifyChecksums(frame) // does not panic
		UDPPayload(frame)
		UDPDestination(frame)
	})
}

func TestVerifyChecksums(t *testing.T) {
	p := testGroup.request(DefaultHost(1), "op")
	none := p
	none.NoChecksum = true
	tests := []struct {
		name  string
		frame []byte
		ok    bool
	}{
		{"sound", p.Frame(), true},
		{"no UDP checksum from a sender", none.Frame(), true},
		{"IPv4", setField(p.Frame(), "ip.checksum", 1), false},
		{"UDP", setField(p.Frame(), "udp.checksum", 1), false},
		{"changed on the way", setField(p.Frame(), "oum.session", 1), false},
	}
	for _, tt := range tests {
		if err := verifyChecksums(tt.frame); (err == nil) != tt.ok {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestDiffNamesTheFields(t *testing.T) {
	p := testGroup.request(DefaultHost(1), "op")
	q := p
	q.TTL, q.VLAN = 63, 5
	if d := Diff(p.Frame(), p.Frame()); d != "" {
		t.Errorf("equal frames differ:\n%s", d)
	}
	var marked []string
	for line := range strings.Lines(Diff(p.Frame(), q.Frame())) {
		if rest, ok := strings.CutPrefix(line, ">>> "); ok {
			marked = append(marked, strings.Fields(rest)[0])
		}
	}
	if want := []string{"eth.type", "vlan.tci", "vlan.type", "ip.ttl", "ip.checksum"}; !slices.Equal(marked, want) {
		t.Errorf("marked are %v, expected %v:\n%s", marked, want, Diff(p.Frame(), q.Frame()))
	}
}

// TestUnmatched checks that a comparison pairs equal frames in any order and reports the others.
func TestUnmatched(t *testing.T) {
	a, b, c := []byte("a"), []byte("b"), []byte("c")
	m := unmatched([][]byte{a, b, a}, [][]byte{a, c, b})
	if len(m.missing) != 1 || !bytes.Equal(m.missing[0], a) || len(m.surplus) != 1 || !bytes.Equal(m.surplus[0], c) {
		t.Errorf("missing %q, surplus %q; expected a and c", m.missing, m.surplus)
	}
}

func TestFragmentsPutTogether(t *testing.T) {
	p := testGroup.request(DefaultHost(1), "a payload that is long enough to be cut in two")
	first, later := p.fragments(40)
	whole := p.Frame()
	at := offsetOf(whole, "udp.src_port")
	if got := slices.Concat(first.IPPayload, later.IPPayload); !bytes.Equal(got, whole[at:]) {
		t.Errorf("the fragments carry % x, expected % x", got, whole[at:])
	}
	if !first.MoreFragments || first.FragOffset != 0 || later.MoreFragments || later.FragOffset != 5 {
		t.Errorf("the fragments are %+v and %+v", first, later)
	}
}

// TestCaseNames checks that the names of cases are unique, since they name subtests.
func TestCaseNames(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range allCases(someHosts{}) {
		if seen[c.name] {
			t.Errorf("two cases have the name %q", c.name)
		}
		seen[c.name] = true
	}
}

// someHosts is a target with hosts only.
type someHosts struct{ Target }

func (someHosts) Host(port int) Host { return DefaultHost(port) }
