package wire

import (
	"reflect"
	"testing"

	nopaxos "github.com/netordered/nopaxos/replica/wire"
)

var auth = func() nopaxos.Auth {
	keys, err := nopaxos.DeriveKeys([]byte("a cluster key for tests"))
	if err != nil {
		panic(err)
	}
	return keys.Replica
}()

// samples has a message of each kind with every field set.
func samples() []Message {
	h := Header{View: 7, Replica: 2, Incarnation: 99}
	entries := [][]byte{[]byte("one"), {}, []byte("three")}
	vector := []uint64{4, 0, 1 << 60}
	digest := nopaxos.Digest{Hi: 1 << 63, Lo: 3}
	return []Message{
		&Prepare{Header: h, First: 12, Commit: 9, Entries: entries},
		&PrepareOK{Header: h, Slot: 13},
		&Commit{Header: h, Commit: 14},
		&StartViewChange{Header: h, Vector: vector},
		&DoViewChange{Header: h, LastNormal: 5, Commit: 4, Entries: entries, Marks: []byte{1, 0, 2}, Vector: vector},
		&StartView{Header: h, Commit: 3, Entries: entries, Marks: []byte{1, 1, 0}, Vector: vector},
		&Recovery{Header: h},
		&RecoveryResponse{Header: h, Nonce: 6, Leader: true, Commit: 8, Entries: entries, Marks: []byte{0, 0, 1}, Vector: vector},
		&GetState{Header: h, Lo: 20, Hi: 30},
		&NewState{Header: h, Base: 20, Commit: 22, Snapshot: []byte("state"), Entries: entries},
		&Accepted{Header: h, Slot: 31, Value: digest},
		&Resolve{Header: h, First: 32, Entries: entries},
		&Resolved{Header: h, First: 33, Last: 35},
		&AskVotes{Header: h, First: 34, Last: 36},
		&AskValue{Header: h, Slot: 36},
		&Value{Header: h, Slot: 36, Entry: []byte("value")},
		&Decided{Header: h, From: 37, Slot: 40, Digest: digest},
		&Sync{Header: h, Slot: 41, Digest: digest},
		&SyncReply{Header: h, Slot: 41, Digest: digest},
		&Confirm{Header: h, Slot: 41, Digest: digest},
		&SyncCommit{Header: h, Slot: 41, Digest: digest},
	}
}

func TestRoundTrip(t *testing.T) {
	kinds := map[kind]bool{}
	for _, m := range samples() {
		kinds[m.kind()] = true
		frame := Append([]byte("before"), m, auth)[len("before"):]
		var d Decoder
		got, err := d.Open(auth, frame)
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("%v is decoded as %+v, %v, expected %+v", m.kind(), got, err, m)
		}
		for n := range frame {
			if _, err := d.Open(auth, frame[:n]); err == nil {
				t.Errorf("%v is accepted when cut to %d of %d bytes", m.kind(), n, len(frame))
			}
		}
		longer := auth.Seal(append(append([]byte{}, frame[:len(frame)-nopaxos.TagLen]...), 0), 0)
		if _, err := d.Open(auth, longer); err == nil {
			t.Errorf("%v is accepted with a byte too many", m.kind())
		}
	}
	if len(kinds) != int(kindEnd)-1 {
		t.Errorf("samples of %d kinds, expected %d", len(kinds), kindEnd-1)
	}
}

func TestPrepareOverhead(t *testing.T) {
	m := &Prepare{First: 1, Entries: [][]byte{make([]byte, 10), make([]byte, 20)}}
	if got, want := len(Append(nil, m, auth)), PrepareOverhead+2*EntryOverhead+30; got != want {
		t.Errorf("PREPARE is %d bytes long, expected %d", got, want)
	}
}

func TestRefused(t *testing.T) {
	good := Append(nil, &PrepareOK{Slot: 1}, auth)
	change := func(i int, v byte) []byte {
		b := append([]byte{}, good[:len(good)-nopaxos.TagLen]...)
		b[i] = v
		return auth.Seal(b, 0)
	}
	forged := append([]byte{}, good...)
	forged[len(forged)-1] ^= 1
	for name, c := range map[string]struct {
		frame []byte
		want  error
	}{
		"magic":   {change(0, 0), errPrefix},
		"version": {change(2, 9), errPrefix},
		"kind":    {change(3, byte(kindEnd)), nopaxos.ErrKind},
		"tag":     {forged, nopaxos.ErrTag},
		"short":   {good[:10], nopaxos.ErrShort},
	} {
		if _, err := new(Decoder).Open(auth, c.frame); err != c.want {
			t.Errorf("%s: %v, expected %v", name, err, c.want)
		}
	}
}

// FuzzOpen checks that parsing does not panic and that accepted messages are encoded to the same bytes. It gives the
// fuzzer's bytes a valid tag, so that they reach the parsers.
func FuzzOpen(f *testing.F) {
	for _, m := range samples() {
		frame := Append(nil, m, auth)
		f.Add(frame[:len(frame)-nopaxos.TagLen])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		frame := auth.Seal(append([]byte{}, b...), 0)
		m, err := new(Decoder).Open(auth, frame)
		if err != nil {
			return
		}
		if again := Append(nil, m, auth); string(again) != string(frame) {
			t.Errorf("%v %+v: written as %x, read from %x", m.kind(), m, again, frame)
		}
	})
}
