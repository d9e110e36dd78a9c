package packettest

import p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

// counters checks that the direct counter of oum_group counts the packets that match its entry.
func counters(h hosts) []testCase {
	a, b := h.groupA(), h.groupB()
	one, two := a.request(h[1], "one"), a.request(h[1], "number two")
	key := groupKey(a.addr, false)
	zero := counterEntity(key)
	zero.GetDirectCounterEntry().Data = &p4v1.CounterData{}
	return []testCase{
		{
			name:    "packets and bytes",
			entries: append(a.entries(5), b.entries(5)...),
			steps: []step{
				checkCounter{entry: key},
				sendFrame{port: 1, frame: one.Frame(), want: a.copies(one, 5, 1)},
				checkCounter{entry: key, frames: [][]byte{one.Frame()}},
				sendFrame{port: 1, frame: two.Frame(), want: a.copies(two, 5, 2)},
				checkCounter{entry: key, frames: [][]byte{one.Frame(), two.Frame()}},
				checkCounter{entry: groupKey(b.addr, false)},
			},
		},
		{
			name:    "a stale packet is counted, one without an entry is not",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: one.Frame(), want: a.copies(one, 5, 1)},
				writeEntries(modifies(a.sequence(4))),
				sendFrame{port: 1, frame: one.Frame()},
				sendFrame{port: 1, frame: b.request(h[1], "no group").Frame()},
				sendFrame{port: 1, frame: one.stamped(5, 9, 0).Frame()},
				checkCounter{entry: key, frames: [][]byte{one.Frame(), one.Frame()}},
			},
		},
		{
			name:    "a new session keeps the counter, a new entry resets it",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: one.Frame(), want: a.copies(one, 5, 1)},
				writeEntries(modifies(a.sequence(6))),
				sendFrame{port: 1, frame: one.Frame(), want: a.copies(one, 6, 1)},
				checkCounter{entry: key, frames: [][]byte{one.Frame(), one.Frame()}},
				writeEntries(deletes(tableEntity(groupKey(a.addr, false)))),
				writeEntries(inserts(a.sequence(7))),
				checkCounter{entry: key},
			},
		},
		{
			name:    "a controller resets a counter",
			entries: a.entries(5),
			steps: []step{
				sendFrame{port: 1, frame: one.Frame(), want: a.copies(one, 5, 1)},
				writeEntries(modifies(zero)),
				checkCounter{entry: key},
			},
		},
	}
}
