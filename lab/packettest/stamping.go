package packettest

import (
	"net/netip"
	"strings"
)

// stamping checks the numbers of packets and the fields that a stamp changes.
func stamping(h hosts) []testCase {
	a, b := h.groupA(), h.groupB()
	req := func(data string) Packet { return a.request(h[1], data) }
	return []testCase{
		{
			name:    "numbers start at 1 and increase by 1",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 5, 1)},
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 5, 2)},
				sendFrame{port: 1, frame: req("three").Frame(), want: a.copies(req("three"), 5, 3)},
			},
		},
		{
			name:    "numbers do not depend on the sender",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 5, 1)},
				sendFrame{port: 2, frame: a.request(h[2], "two").Frame(), want: a.copies(a.request(h[2], "two"), 5, 2)},
			},
		},
		{
			name:    "two groups count separately",
			entries: append(a.entries(5), b.entries(9)...),
			steps: []step{
				sendFrame{port: 1, frame: req("a1").Frame(), want: a.copies(req("a1"), 5, 1)},
				sendFrame{port: 1, frame: req("a2").Frame(), want: a.copies(req("a2"), 5, 2)},
				sendFrame{port: 1, frame: b.request(h[1], "b1").Frame(), want: b.copies(b.request(h[1], "b1"), 9, 1)},
				writeEntries(modifies(b.sequence(10))),
				sendFrame{port: 1, frame: req("a3").Frame(), want: a.copies(req("a3"), 5, 3)},
				sendFrame{port: 1, frame: b.request(h[1], "b2").Frame(), want: b.copies(b.request(h[1], "b2"), 10, 1)},
			},
		},
		tokenCase(h, 0xFFEE_DDCC_BBAA_9988), tokenCase(h, 1<<63), tokenCase(h, 0),
		overwriteCase(h),
		{
			name:    "numbers exceed 32 bits",
			needs:   Preload,
			start:   &startNumber{cell: a.cell, session: 5, after: 1<<32 - 3},
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: req("w").Frame(), want: a.copies(req("w"), 5, 1<<32-2)},
				sendFrame{port: 1, frame: req("x").Frame(), want: a.copies(req("x"), 5, 1<<32-1)},
				sendFrame{port: 1, frame: req("y").Frame(), want: a.copies(req("y"), 5, 1<<32)},
				sendFrame{port: 1, frame: req("z").Frame(), want: a.copies(req("z"), 5, 1<<32+1)},
			},
		},
		payloadCase(h, "no payload after the header", ""),
		payloadCase(h, "a payload of odd length", "abc"),
		payloadCase(h, "a datagram of 1400 bytes", strings.Repeat("x", 1400-28)),
		fullFrameCase(h),
	}
}

// payloadCase checks that the payload comes out unchanged.
func payloadCase(h hosts, name, data string) testCase {
	a := h.groupA()
	p := a.request(h[1], data)
	return testCase{
		name: name, entries: a.entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, 1)}},
	}
}

// fullFrameCase checks that a packet that fills an Ethernet frame does not grow.
func fullFrameCase(h hosts) testCase {
	c := payloadCase(h, "a packet of 1500 bytes", strings.Repeat("x", 1500-20-8-28))
	c.needs = Frames
	return c
}

// tokenCase checks that the entry's token is copied.
func tokenCase(h hosts, token uint64) testCase {
	a := h.groupA()
	p := a.request(h[1], "op")
	return testCase{
		name:    "token " + hex64(token) + " is copied",
		entries: append(a.copyEntries(), sequenceEntry(a.addr, a.cell, 5, token, a.multicast)),
		steps:   []step{sendFrame{port: 1, frame: p.Frame(), want: a.delivered(p.stamped(5, 1, token))}},
	}
}

// overwriteCase checks that a stamp overwrites the sequencer's fields, and keeps unused flags and the
// bytes outside of the header.
func overwriteCase(h hosts) testCase {
	a := h.groupA()
	p := a.request(h[1], "op")
	f := p.Payload
	f[3] = 0xFE // every flag but SEQUENCED
	for i := 8; i < 28; i++ {
		f[i] = 0xEE // session, number, token
	}
	return testCase{
		name: "a stamp overwrites the sequencer's fields", entries: a.entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, 1)}},
	}
}

// sessions checks that one write changes the session, and that no number of a session is stamped twice.
func sessions(h hosts) []testCase {
	a := h.groupA()
	req := func(data string) Packet { return a.request(h[1], data) }
	return []testCase{
		{
			name:    "a higher session starts again at 1",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 5, 1)},
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 5, 2)},
				writeEntries(modifies(a.sequence(6))),
				sendFrame{port: 1, frame: req("three").Frame(), want: a.copies(req("three"), 6, 1)},
				writeEntries(modifies(a.sequence(1<<32 - 1))),
				sendFrame{port: 1, frame: req("four").Frame(), want: a.copies(req("four"), 1<<32-1, 1)},
			},
		},
		{
			name:    "a lower session than the cell's stamps nothing",
			entries: a.entries(7),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 7, 1)},
				writeEntries(modifies(a.sequence(6))),
				sendFrame{port: 1, frame: req("stale").Frame()},
				sendFrame{port: 1, frame: req("stale").Frame()},
				writeEntries(modifies(a.sequence(7))),
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 7, 2)},
			},
		},
		{
			name:    "a deleted and reinserted entry does not restart a session",
			entries: a.entries(7),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 7, 1)},
				writeEntries(deletes(tableEntity(groupKey(a.addr, false)))),
				sendFrame{port: 1, frame: req("without an entry").Frame()},
				writeEntries(inserts(a.sequence(7))),
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 7, 2)},
			},
		},
		{
			name:    "group_drop replaces sequence, and back",
			entries: a.entries(7),
			steps: []step{
				writeEntries(modifies(dropEntry(a.addr, false))),
				sendFrame{port: 1, frame: req("dropped").Frame()},
				writeEntries(modifies(a.sequence(7))),
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 7, 1)},
			},
		},
		{
			name:    "a group moves to another cell with a new session",
			entries: a.entries(7),
			steps: []step{
				sendFrame{port: 1, frame: req("one").Frame(), want: a.copies(req("one"), 7, 1)},
				writeEntries(modifies(sequenceEntry(a.addr, a.cell+1, 8, a.token(8), a.multicast))),
				sendFrame{port: 1, frame: req("two").Frame(), want: a.copies(req("two"), 8, 1)},
				writeEntries(modifies(a.sequence(9))),
				sendFrame{port: 1, frame: req("three").Frame(), want: a.copies(req("three"), 9, 1)},
			},
		},
		otherGroupCase(h),
	}
}

// otherGroupCase checks that a switch identifies a packet's group by the destination address. If the
// header names another group, receivers detect it by the token.
func otherGroupCase(h hosts) testCase {
	a := h.groupA()
	p := a.request(h[1], "op")
	p.Payload = oumRequest(netip.AddrFrom4([4]byte{10, 255, 9, 9}), "op")
	return testCase{
		name: "the address, not the header, selects the group", needs: Frames, entries: a.entries(5),
		steps: []step{sendFrame{port: 1, frame: p.Frame(), want: a.copies(p, 5, 1)}},
	}
}
