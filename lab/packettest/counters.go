package packettest

import p4v1 "github.com/p4lang/p4runtime/go/p4/v1"

// counters: the direct counter of oum_group counts what its entry decided about.
func counters(h hosts) []Case {
	a, b := h.groupA(), h.groupB()
	one, two := a.request(h[1], "one"), a.request(h[1], "number two")
	key := groupKey(a.addr, false)
	zero := counterEntity(key)
	zero.GetDirectCounterEntry().Data = &p4v1.CounterData{}
	return []Case{
		{
			Name:    "packets and bytes",
			Entries: append(a.entries(5), b.entries(5)...),
			Steps: []Step{
				Count{Entry: key},
				Send{Port: 1, Frame: one.Frame(), Want: a.copies(one, 5, 1)},
				Count{Entry: key, Frames: [][]byte{one.Frame()}},
				Send{Port: 1, Frame: two.Frame(), Want: a.copies(two, 5, 2)},
				Count{Entry: key, Frames: [][]byte{one.Frame(), two.Frame()}},
				Count{Entry: groupKey(b.addr, false)},
			},
		},
		{
			Name:    "a stale packet counts, and one without an entry does not",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: one.Frame(), Want: a.copies(one, 5, 1)},
				Write(Modify(a.sequence(4))),
				Send{Port: 1, Frame: one.Frame()},
				Send{Port: 1, Frame: b.request(h[1], "no group").Frame()},
				Send{Port: 1, Frame: one.Stamped(5, 9, 0).Frame()},
				Count{Entry: key, Frames: [][]byte{one.Frame(), one.Frame()}},
			},
		},
		{
			Name:    "a change of session keeps the counter, a new entry has a new one",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: one.Frame(), Want: a.copies(one, 5, 1)},
				Write(Modify(a.sequence(6))),
				Send{Port: 1, Frame: one.Frame(), Want: a.copies(one, 6, 1)},
				Count{Entry: key, Frames: [][]byte{one.Frame(), one.Frame()}},
				Write(Delete(tableEntity(groupKey(a.addr, false)))),
				Write(Insert(a.sequence(7))),
				Count{Entry: key},
			},
		},
		{
			Name:    "a counter can be set to zero",
			Entries: a.entries(5),
			Steps: []Step{
				Send{Port: 1, Frame: one.Frame(), Want: a.copies(one, 5, 1)},
				Write(Modify(zero)),
				Count{Entry: key},
			},
		},
	}
}
