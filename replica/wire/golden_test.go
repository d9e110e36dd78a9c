package wire

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
)

var goldenHeader = Header{View: View{Leader: 0x0102030405060708, Session: 0x090a0b0c}, Replica: 0x0d0e, Incarnation: 0x0f10111213141516}

// goldenHead has the bytes of the header.
const goldenHead = "0102030405060708 090a0b0c 0d0e 0f10111213141516"

// golden pins the bytes of every kind of message. A change here is a change of the wire format and needs another
// Version.
var golden = []struct {
	kind  Kind
	frame []byte // output of the Append functions
	want  string // in hexadecimal; blanks are ignored
}{
	{KindRequest, AppendRequest(nil, &Request{Client: ClientID{Lo: 0x11}, ID: 5, Low: 3, ReplyTo: netip.MustParseAddrPort("192.0.2.1:4660"), Op: []byte("op")}),
		"4e500101 00 0000000000000000 0000000000000011 0000000000000005 0000000000000003 00000000000000000000ffff c0000201 1234 6f70"},
	{KindRequest, AppendRequest(nil, &Request{Register: true, Client: ClientID{Hi: 0x22, Lo: 0x33}, ID: 1, Low: 1, ReplyTo: netip.MustParseAddrPort("[2001:db8::1]:1")}),
		"4e500101 01 0000000000000022 0000000000000033 0000000000000001 0000000000000001 20010db8000000000000000000000001 0001"},
	{KindTick, AppendTick(nil, &Tick{View: goldenHeader.View, Replica: 0x0d0e, Incarnation: 0x0f10111213141516, Time: 0x17}),
		"4e500102" + goldenHead + "0000000000000017"},
	{KindReply, AppendReply(nil, &Reply{View: goldenHeader.View, Slot: 4, Client: ClientID{Lo: 0x11}, ID: 5, Replica: 2, Incarnation: 6, Status: StatusOK, Total: 9, Offset: 7, Part: []byte("ab")}),
		"4e500103 0102030405060708 090a0b0c 0000000000000004 0000000000000000 0000000000000011 0000000000000005 0002 0000000000000006 01 00000009 00000007 6162"},
	{KindSlotLookup, Append(nil, &SlotLookup{goldenHeader, []Range{{1, 2}, {4, 4}}}),
		"4e500104" + goldenHead + "0002 0000000000000001 0000000000000002 0000000000000004 0000000000000004"},
	{KindSlotEntries, Append(nil, &SlotEntries{goldenHeader, 3, []Range{{8, 9}}, []Entry{goldenNoOps(7), goldenTick(9)}}),
		"4e500105" + goldenHead + "0000000000000003 0001 0000000000000008 0000000000000009 00000002" + goldenNoOpsHex("07") + goldenTickHex("09")},
	{KindGapAsk, Append(nil, &GapAsk{goldenHeader, []Range{{1, 2}}}), "4e500106" + goldenHead + "0001 0000000000000001 0000000000000002"},
	{KindGapCommit, Append(nil, &GapCommit{goldenHeader, []Range{{1, 2}}}), "4e500107" + goldenHead + "0001 0000000000000001 0000000000000002"},
	{KindGapCommitRep, Append(nil, &GapCommitRep{goldenHeader, []Range{{1, 2}}}), "4e500108" + goldenHead + "0001 0000000000000001 0000000000000002"},
	{KindViewChangeReq, Append(nil, &ViewChangeReq{goldenHeader}), "4e500109" + goldenHead},
	{KindViewChange, Append(nil, &ViewChange{goldenHeader, View{1, 2}, 3, 4, Digest{5, 6}, 7, []Entry{goldenNoOps(5), goldenTick(7)}}),
		"4e50010a" + goldenHead + "0000000000000001 00000002 0000000000000003 0000000000000004 0000000000000005 0000000000000006 0000000000000007 00000002" + goldenNoOpsHex("05") + goldenTickHex("07")},
	{KindStartView, Append(nil, &StartView{goldenHeader, 3, 4, Digest{5, 6}, 6, Digest{8, 9}, true, []Entry{goldenNoOps(5)}}),
		"4e50010b" + goldenHead + "0000000000000003 0000000000000004 0000000000000005 0000000000000006 0000000000000006 0000000000000008 0000000000000009 01 00000001" + goldenNoOpsHex("05")},
	{KindStartViewRep, Append(nil, &StartViewRep{goldenHeader}), "4e50010c" + goldenHead},
	{KindSyncPrepare, Append(nil, &SyncPrepare{goldenHeader, 9, Digest{1, 2}, 3, Digest{4, 5}, true, 6, []Range{{7, 8}}}),
		"4e50010d" + goldenHead + "0000000000000009 0000000000000001 0000000000000002 0000000000000003 0000000000000004 0000000000000005 01 0000000000000006 0001 0000000000000007 0000000000000008"},
	{KindSyncRep, Append(nil, &SyncRep{goldenHeader, 9}), "4e50010e" + goldenHead + "0000000000000009"},
	{KindSyncCommit, Append(nil, &SyncCommit{goldenHeader, 9, Digest{1, 2}}), "4e50010f" + goldenHead + "0000000000000009 0000000000000001 0000000000000002"},
	{KindPing, Append(nil, &Ping{goldenHeader, 9, 8, true, false}), "4e500110" + goldenHead + "0000000000000009 0000000000000008 01 00"},
	{KindRecover, Append(nil, &Recover{goldenHeader}), "4e500111" + goldenHead},
	{KindFetch, Append(nil, &Fetch{goldenHeader, 1, 2}), "4e500112" + goldenHead + "0000000000000001 0000000000000002"},
	{KindFetchLog, Append(nil, &FetchLog{goldenHeader, View{1, 2}, 3, 8, 6, []Entry{goldenNoOps(7)}}),
		"4e500113" + goldenHead + "0000000000000001 00000002 0000000000000003 0000000000000008 0000000000000006 00000001" + goldenNoOpsHex("07")},
	{KindFetchSnapshot, Append(nil, &FetchSnapshot{goldenHeader, 1, 2}), "4e500114" + goldenHead + "0000000000000001 0000000000000002"},
	{KindSnapshotChunk, Append(nil, &SnapshotChunk{goldenHeader, View{1, 2}, 3, 5, 9, true, []byte("data")}),
		"4e500115" + goldenHead + "0000000000000001 00000002 0000000000000003 0000000000000005 0000000000000009 01 64617461"},
}

// goldenNoOps is two NO-OPs for the messages 0x21 and 0x22 of session 0x20.
func goldenNoOps(slot uint64) Entry {
	return Entry{Slot: slot, Kind: EntryNoOp, Session: 0x20, Number: 0x21, Count: 2}
}

func goldenNoOpsHex(slot string) string {
	return "00000000000000" + slot + "03 00000020 0000000000000021 00000002"
}

// goldenTick is an all-zero TICK as message 0x23 of session 0x20.
func goldenTick(slot uint64) Entry {
	return Entry{Slot: slot, Kind: EntryTick, Session: 0x20, Number: 0x23, Count: 1, Payload: AppendTick(nil, &Tick{})}
}

func goldenTickHex(slot string) string {
	return "00000000000000" + slot + "02 00000020 0000000000000023 00000022 4e500102" + strings.Repeat("00", 30)
}

func TestGoldenBytes(t *testing.T) {
	covered := map[Kind]bool{}
	for _, g := range golden {
		covered[g.kind] = true
		want, err := hex.DecodeString(strings.ReplaceAll(g.want, " ", ""))
		if err != nil {
			t.Fatalf("%v: %v", g.kind, err)
		}
		if !bytes.Equal(g.frame, want) {
			t.Errorf("%v is written as\n%x, expected\n%x", g.kind, g.frame, want)
		}
		reparse(t, g.kind, want)
	}
	for kind := KindRequest; kind < kindEnd; kind++ {
		if !covered[kind] {
			t.Errorf("no golden bytes of %v", kind)
		}
	}
}

// TestGoldenTag pins the tag of an empty frame under each key of a known cluster key: key
// derivation and MAC are part of the wire format too.
func TestGoldenTag(t *testing.T) {
	for name, c := range map[string]struct {
		auth Auth
		want string
	}{
		"client":  {testKeys.Client, "1a143922c310710159fe0c335b8583f8"},
		"replica": {testKeys.Replica, "1773fcbb58802fc7a4b673c71d514500"},
		"digest":  {testKeys.Digest, "da1a9afd2976fbc85a2006a5b0c4b7c9"},
	} {
		if got := hex.EncodeToString(c.auth.Seal(nil, 0)); got != c.want {
			t.Errorf("%s: tag %s, expected %s", name, got, c.want)
		}
	}
}

// TestTagIsSipHash checks the MAC against the first vector of its authors: SipHash-2-4-128 of
// nothing, with the key 00 01 … 0f.
func TestTagIsSipHash(t *testing.T) {
	auth := Auth{k0: 0x0706050403020100, k1: 0x0f0e0d0c0b0a0908}
	want := Digest{Hi: 0xe6a825ba047f81a3, Lo: 0x930255c71472f66d}
	if got := auth.Sum(nil); got != want {
		t.Errorf("got %v, expected %v", got, want)
	}
}
