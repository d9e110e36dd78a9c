package wire

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

var testKeys = func() Keys {
	keys, err := DeriveKeys([]byte("a cluster key for tests"))
	if err != nil {
		panic(err)
	}
	return keys
}()

// open seals and opens a frame under the key of its kind.
func open(t *rapid.T, want Kind, frame []byte) []byte {
	auth := testKeys.Replica
	if want.FromClient() {
		auth = testKeys.Client
	}
	kind, body, err := testKeys.Open(auth.Seal(bytes.Clone(frame), 0))
	if err != nil || kind != want || !bytes.Equal(body, frame) {
		t.Fatalf("opening a sealed %v gave %v, %v", want, kind, err)
	}
	return body
}

func TestRequestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := genRequest(t)
		frame := AppendRequest(nil, &m)
		if got := len(frame) + TagLen - len(m.Op); got != RequestOverhead {
			t.Fatalf("overhead is %d bytes, RequestOverhead says %d", got, RequestOverhead)
		}
		if got, err := ParseRequest(open(t, KindRequest, frame)); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("sent %+v, received %+v, %v", m, got, err)
		}
	})
}

func TestReplyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := genReply(t)
		frame := AppendReply(nil, &m)
		if got := len(frame) + TagLen - len(m.Part); got != ReplyOverhead {
			t.Fatalf("overhead is %d bytes, ReplyOverhead says %d", got, ReplyOverhead)
		}
		if got, err := ParseReply(open(t, KindReply, frame)); err != nil || !reflect.DeepEqual(got, m) {
			t.Fatalf("sent %+v, received %+v, %v", m, got, err)
		}
	})
}

func TestTickRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := genTick(t)
		if got, err := ParseTick(open(t, KindTick, AppendTick(nil, &m))); err != nil || got != m {
			t.Fatalf("sent %+v, received %+v, %v", m, got, err)
		}
	})
}

func TestMessageRoundTrip(t *testing.T) {
	for kind := KindSlotLookup; kind < kindEnd; kind++ {
		t.Run(kind.String(), func(t *testing.T) {
			gen, ok := messages[kind]
			if !ok {
				t.Fatal("there is no generator of this kind")
			}
			rapid.Check(t, func(t *rapid.T) {
				m := gen(t)
				got, err := Parse(kind, open(t, kind, Append(nil, m)))
				if err != nil || !reflect.DeepEqual(got, m) {
					t.Fatalf("sent\n%+v, received\n%+v, %v", m, got, err)
				}
			})
		})
	}
}

// TestTruncatedMessages: no prefix of a message parses, unless it ends in bytes of any length.
func TestTruncatedMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := Kind(rapid.Uint8Range(uint8(KindSlotLookup), uint8(kindEnd)-1).Draw(t, "message"))
		frame := Append(nil, messages[kind](t))
		cut := rapid.IntRange(PrefixLen, len(frame)-1).Draw(t, "cut")
		if m, err := Parse(kind, frame[:cut]); err == nil && kind != KindSnapshotChunk {
			t.Fatalf("the first %d of %d bytes parse as %+v", cut, len(frame), m)
		}
		if m, err := Parse(kind, append(frame, 0)); err == nil && kind != KindSnapshotChunk {
			t.Fatalf("with one byte more it parses as %+v", m)
		}
	})
}

func TestEncodedLen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries, _ := genEntries(t, 0)
		want := 4
		for _, e := range entries {
			want += e.EncodedLen()
		}
		if got := len(appendEntries(nil, entries)); got != want {
			t.Fatalf("%d entries take %d bytes, EncodedLen says %d", len(entries), got, want)
		}
	})
}

// TestRefusedValues parses messages with one invalid field each.
func TestRefusedValues(t *testing.T) {
	view := View{Leader: 1, Session: 2}
	tick := AppendTick(nil, &Tick{})
	noop := func(slot, count uint64) Entry { return Entry{Slot: slot, Kind: EntryNoOp, Number: 1, Count: count} }
	for name, c := range map[string]struct {
		m    Message
		want error
	}{
		"range from slot 0":            {&GapAsk{Ranges: []Range{{0, 3}}}, ErrValue},
		"range backwards":              {&GapAsk{Ranges: []Range{{4, 3}}}, ErrValue},
		"too many ranges":              {&GapAsk{Ranges: make([]Range, MaxRanges+1)}, ErrLength},
		"entry of no kind":             {&SlotEntries{Entries: []Entry{{Slot: 1, Number: 1, Count: 1}}}, ErrValue},
		"entry at slot 0":              {&SlotEntries{Entries: []Entry{noop(0, 1)}}, ErrValue},
		"run of none":                  {&SlotEntries{Entries: []Entry{noop(1, 0)}}, ErrValue},
		"run beyond the last slot":     {&SlotEntries{Entries: []Entry{noop(1<<64-1, 5)}}, ErrValue},
		"request that is a tick":       {&SlotEntries{Entries: []Entry{{Slot: 1, Kind: EntryRequest, Number: 1, Payload: tick}}}, ErrValue},
		"request that is nothing":      {&SlotEntries{Entries: []Entry{{Slot: 1, Kind: EntryRequest, Number: 1}}}, ErrValue},
		"VIEW-CHANGE with a hole":      {&ViewChange{LastNormal: view, SP: 3, End: 5, Entries: []Entry{noop(5, 1)}}, ErrValue},
		"VIEW-CHANGE with too few":     {&ViewChange{SP: 3, End: 5, Entries: []Entry{noop(4, 1)}}, ErrValue},
		"VIEW-CHANGE with too many":    {&ViewChange{SP: 3, End: 5, Entries: []Entry{noop(4, 3)}}, ErrValue},
		"VIEW-CHANGE that ends before": {&ViewChange{SP: 3, End: 2}, ErrValue},
		"START-VIEW that ends before":  {&StartView{SP: 3, End: 2}, ErrValue},
		"START-VIEW, log unannounced":  {&StartView{SP: 3, End: 4, Entries: []Entry{noop(4, 1)}}, ErrValue},
		"START-VIEW without its log":   {&StartView{SP: 3, End: 4, WithLog: true}, ErrValue},
		"SYNC-PREPARE, sp above p":     {&SyncPrepare{P: 3, SP: 4}, ErrValue},
		"SYNC-PREPARE, q above p":      {&SyncPrepare{P: 3, Q: 4}, ErrValue},
		"SYNC-PREPARE, NO-OP above p":  {&SyncPrepare{P: 3, NoOps: []Range{{3, 4}}}, ErrValue},
		"SYNC-PREPARE, NO-OP below q":  {&SyncPrepare{P: 3, Q: 1, NoOps: []Range{{1, 2}}}, ErrValue},
		"FETCH of nothing":             {&Fetch{Lo: 4, Hi: 4}, ErrValue},
		"FETCH-LOG that starts higher": {&FetchLog{Lo: 4, Entries: []Entry{noop(6, 1)}}, ErrValue},
		"SNAPSHOT-CHUNK at no offset":  {&SnapshotChunk{Offset: 1<<64 - 1, Data: []byte("ab")}, ErrValue},
	} {
		if got, err := Parse(c.m.Kind(), Append(nil, c.m)); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v, expected %v", name, got, err, c.want)
		}
	}
}

func TestRefusedRequestsAndReplies(t *testing.T) {
	good := Request{Client: ClientID{Lo: 9}, ID: 3, Low: 2}
	for name, change := range map[string]func(*Request){
		"id 0":                     func(m *Request) { m.ID, m.Low = 0, 0 },
		"low 0":                    func(m *Request) { m.Low = 0 },
		"low above id":             func(m *Request) { m.Low = 4 },
		"REGISTER without nonce":   func(m *Request) { m.Register = true },
		"nonce without a REGISTER": func(m *Request) { m.Client.Hi = 1 },
	} {
		m := good
		change(&m)
		if _, err := ParseRequest(AppendRequest(nil, &m)); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v, expected %v", name, err, ErrValue)
		}
	}
	for name, m := range map[string]Reply{
		"unknown status":         {Status: statusEnd},
		"part behind the end":    {Total: 3, Offset: 2, Part: []byte("ab")},
		"offset that overflows":  {Total: 3, Offset: 1<<32 - 1, Part: []byte("ab")},
		"result above the limit": {Total: MaxResult + 1},
	} {
		if _, err := ParseReply(AppendReply(nil, &m)); !errors.Is(err, ErrValue) {
			t.Errorf("%s: %v, expected %v", name, err, ErrValue)
		}
	}
}
