package packettest

import (
	"net/netip"
	"strings"
)

// stamping: which number a packet gets, and what is written into it.
func stamping(h hosts) []Case {
	a, b := h.groupA(), h.groupB()
	req := func(data string) Packet { return a.request(h[1], data) }
	return []Case{
		{
			Name:    "numbers start at 1 and rise by 1",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 5, 1)},
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 5, 2)},
				Send{Port: 1, Frame: req("three").Frame(), Want: a.copies(req("three"), 5, 3)},
			},
		},
		{
			Name:    "numbers do not depend on the sender",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 5, 1)},
				Send{Port: 2, Frame: a.request(h[2], "two").Frame(), Want: a.copies(a.request(h[2], "two"), 5, 2)},
			},
		},
		{
			Name:    "two groups count for themselves",
			Entries: append(a.entries(5), b.entries(9)...),
			Steps: []Step{
				Send{Port: 1, Frame: req("a1").Frame(), Want: a.copies(req("a1"), 5, 1)},
				Send{Port: 1, Frame: req("a2").Frame(), Want: a.copies(req("a2"), 5, 2)},
				Send{Port: 1, Frame: b.request(h[1], "b1").Frame(), Want: b.copies(b.request(h[1], "b1"), 9, 1)},
				Write(Modify(b.sequence(10))),
				Send{Port: 1, Frame: req("a3").Frame(), Want: a.copies(req("a3"), 5, 3)},
				Send{Port: 1, Frame: b.request(h[1], "b2").Frame(), Want: b.copies(b.request(h[1], "b2"), 10, 1)},
			},
		},
		tokenCase(h, 0xFFEE_DDCC_BBAA_9988), tokenCase(h, 1<<63), tokenCase(h, 0),
		overwriteCase(h),
		{
			Name:    "numbers go on at 2^32",
			Needs:   Preload,
			Start:   &Start{Cell: a.cell, Session: 5, Behind: 1<<32 - 3},
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: req("w").Frame(), Want: a.copies(req("w"), 5, 1<<32-2)},
				Send{Port: 1, Frame: req("x").Frame(), Want: a.copies(req("x"), 5, 1<<32-1)},
				Send{Port: 1, Frame: req("y").Frame(), Want: a.copies(req("y"), 5, 1<<32)},
				Send{Port: 1, Frame: req("z").Frame(), Want: a.copies(req("z"), 5, 1<<32+1)},
			},
		},
		payloadCase(h, "no payload behind the header", ""),
		payloadCase(h, "a payload of odd length", "abc"),
		payloadCase(h, "a datagram of 1400 bytes", strings.Repeat("x", 1400-28)),
		fullFrameCase(h),
	}
}

// payloadCase: the payload comes out as it went in.
func payloadCase(h hosts, name, data string) Case {
	a := h.groupA()
	p := a.request(h[1], data)
	return Case{
		Name: name, Entries: a.entries(5),
		Steps: []Step{Send{Port: 1, Frame: p.Frame(), Want: a.copies(p, 5, 1)}},
	}
}

// fullFrameCase: nothing is added to a packet, so one that fills an Ethernet frame still does.
func fullFrameCase(h hosts) Case {
	c := payloadCase(h, "a packet of 1500 bytes", strings.Repeat("x", 1500-20-8-28))
	c.Needs = Frames
	return c
}

// tokenCase: the token of the entry is copied, whatever it is.
func tokenCase(h hosts, token uint64) Case {
	a := h.groupA()
	p := a.request(h[1], "op")
	return Case{
		Name:    "token " + hex64(token) + " is copied",
		Entries: append(a.copyEntries(), SequenceEntry(a.addr, a.cell, 5, token, a.multicast)),
		Steps:   []Step{Send{Port: 1, Frame: p.Frame(), Want: a.delivered(p.Stamped(5, 1, token))}},
	}
}

// overwriteCase: what a sender wrote where only the sequencer writes is gone; the flags that are
// nobody's stay, and so does everything outside of the header.
func overwriteCase(h hosts) Case {
	a := h.groupA()
	p := a.request(h[1], "op")
	f := p.Payload
	f[3] = 0xFE // every flag but SEQUENCED
	for i := 8; i < 28; i++ {
		f[i] = 0xEE // session, number, token
	}
	return Case{
		Name: "what the sender wrote in the sequencer's fields is gone", Entries: a.entries(5),
		Steps: []Step{Send{Port: 1, Frame: p.Frame(), Want: a.copies(p, 5, 1)}},
	}
}

// sessions: one write changes the session, and no number of a session is given twice.
func sessions(h hosts) []Case {
	a := h.groupA()
	req := func(data string) Packet { return a.request(h[1], data) }
	return []Case{
		{
			Name:    "a higher session starts again at 1",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 5, 1)},
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 5, 2)},
				Write(Modify(a.sequence(6))),
				Send{Port: 1, Frame: req("three").Frame(), Want: a.copies(req("three"), 6, 1)},
				Write(Modify(a.sequence(1<<32 - 1))),
				Send{Port: 1, Frame: req("four").Frame(), Want: a.copies(req("four"), 1<<32-1, 1)},
			},
		},
		{
			Name:    "a lower session than the cell's stamps nothing",
			Entries: a.entries(7),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 7, 1)},
				Write(Modify(a.sequence(6))),
				Send{Port: 1, Frame: req("stale").Frame()},
				Send{Port: 1, Frame: req("stale").Frame()},
				Write(Modify(a.sequence(7))),
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 7, 2)},
			},
		},
		{
			Name:    "an entry that goes and comes back does not start a session again",
			Entries: a.entries(7),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 7, 1)},
				Write(Delete(tableEntity(groupKey(a.addr, false)))),
				Send{Port: 1, Frame: req("nobody's").Frame()},
				Write(Insert(a.sequence(7))),
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 7, 2)},
			},
		},
		{
			Name:    "group_drop in place of sequence, and back",
			Entries: a.entries(7),
			Steps: []Step{
				Write(Modify(DropEntry(a.addr, false))),
				Send{Port: 1, Frame: req("dropped").Frame()},
				Write(Modify(a.sequence(7))),
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 7, 1)},
			},
		},
		{
			Name:    "a group that moves to another cell takes its session along",
			Entries: a.entries(7),
			Steps: []Step{
				Send{Port: 1, Frame: req("one").Frame(), Want: a.copies(req("one"), 7, 1)},
				Write(Modify(SequenceEntry(a.addr, a.cell+1, 8, a.token(8), a.multicast))),
				Send{Port: 1, Frame: req("two").Frame(), Want: a.copies(req("two"), 8, 1)},
				Write(Modify(a.sequence(9))),
				Send{Port: 1, Frame: req("three").Frame(), Want: a.copies(req("three"), 9, 1)},
			},
		},
		otherGroupCase(h),
	}
}

// otherGroupCase: a switch knows a packet's group by where it is addressed to. Receivers see that the
// header names another group, by the token.
func otherGroupCase(h hosts) Case {
	a := h.groupA()
	p := a.request(h[1], "op")
	p.Payload = Request(netip.AddrFrom4([4]byte{10, 255, 9, 9}), "op")
	return Case{
		Name: "the address, not the header, says which group", Needs: Frames, Entries: a.entries(5),
		Steps: []Step{Send{Port: 1, Frame: p.Frame(), Want: a.copies(p, 5, 1)}},
	}
}
