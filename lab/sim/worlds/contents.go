package worlds

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/netordered/nopaxos/replica/wire"
)

// entry is a log entry.
type entry struct {
	kind    wire.EntryKind
	session uint32
	number  uint64
	client  wire.ClientID // of a REQUEST
	id      uint64
	op      opID // 0: a REGISTER, or not a REQUEST
}

func (e entry) String() string {
	switch {
	case e.kind != wire.EntryRequest:
		return "no-op"
	case e.op == 0:
		return "register"
	}
	return e.op.String()
}

// logID identifies the contents of a log.
type logID uint32

// contents are the entries of a log at the slots behind start.
type contents struct {
	start   uint64
	entries []entry
}

func (c *contents) end() uint64 { return c.start + uint64(len(c.entries)) }

func (c *contents) at(slot uint64) entry { return c.entries[slot-c.start-1] }

func (c *contents) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "(%d", c.start)
	for _, e := range c.entries {
		fmt.Fprintf(&s, " %v", e)
	}
	return s.String() + ")"
}

// logs has all distinct contents so far.
type logs struct {
	all []contents
	ids map[string]logID
}

func newLogs() logs {
	l := logs{ids: map[string]logID{}}
	l.id(contents{})
	return l
}

func (l *logs) id(c contents) logID {
	key := binary.AppendUvarint(nil, c.start)
	for _, e := range c.entries {
		for _, v := range [...]uint64{uint64(e.kind), uint64(e.session), e.number, e.client.Hi, e.client.Lo, e.id, uint64(e.op)} {
			key = binary.AppendUvarint(key, v)
		}
	}
	if id, ok := l.ids[string(key)]; ok {
		return id
	}
	id := logID(len(l.all))
	l.ids[string(key)] = id
	l.all = append(l.all, contents{c.start, slices.Clone(c.entries)})
	return id
}

// upTo returns the contents of a log up to a slot.
func (l *logs) upTo(id logID, slot uint64) logID {
	c := l.all[id]
	if slot >= c.end() {
		return id
	}
	if slot <= c.start {
		return l.id(contents{start: c.start})
	}
	return l.id(contents{start: c.start, entries: c.entries[:slot-c.start]})
}

// differ returns the first slot at which the entries of two logs differ, or 0.
func (l *logs) differ(a, b logID) uint64 {
	x, y := &l.all[a], &l.all[b]
	for slot := max(x.start, y.start) + 1; slot <= min(x.end(), y.end()); slot++ {
		if x.at(slot) != y.at(slot) {
			return slot
		}
	}
	return 0
}

// lacks returns the first slot at which whole does not have the entry of part, or 0. Slots below the start of
// either are in a snapshot.
func (l *logs) lacks(whole, part logID) uint64 {
	if slot := l.differ(whole, part); slot != 0 {
		return slot
	}
	if end := l.all[whole].end(); end < l.all[part].end() {
		return max(end, l.all[part].start) + 1
	}
	return 0
}

// readLog returns the contents of a core's log, which starts behind start.
func readLog(start uint64, log []wire.Entry) (contents, error) {
	c := contents{start: start}
	for _, held := range log {
		e := entry{kind: held.Kind, session: held.Session, number: held.Number}
		if e.kind == wire.EntryRequest {
			r, err := wire.ParseRequest(held.Payload)
			if err != nil {
				return c, fmt.Errorf("slot %d: %w", held.Slot, err)
			}
			e.client, e.id = r.Client, r.ID
			if len(r.Op) == 1 {
				e.op = opID(r.Op[0])
			}
		}
		c.entries = append(c.entries, e)
	}
	return c, nil
}
