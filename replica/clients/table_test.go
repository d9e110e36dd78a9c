package clients

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
	"pgregory.net/rapid"
)

// TestUndo: undoing the executions behind a slot restores the table, and executing them again gives the same
// results.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newLog(rapid.IntRange(1, 4).Draw(t, "clients"))
		var ops []wire.Request
		encodings := [][]byte{c.table.AppendTo(nil)} // after each slot
		stable := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"execute": func(t *rapid.T) {
				ops = append(ops, drawRequest(t, c))
				c.executeNext(ops)
				encodings = append(encodings, c.table.AppendTo(nil))
			},
			"undo": func(t *rapid.T) {
				to := rapid.Uint64Range(stable, c.executed).Draw(t, "slot")
				c.table.Undo(to)
				c.executed = to
				if got := c.table.AppendTo(nil); !bytes.Equal(got, encodings[to]) {
					t.Fatalf("table differs after taking back what is behind slot %d", to)
				}
				for int(c.executed) < len(ops) {
					c.executeNext(ops)
					if got := c.table.AppendTo(nil); !bytes.Equal(got, encodings[c.executed]) {
						t.Fatalf("table differs after executing slot %d again", c.executed)
					}
				}
			},
			"release": func(t *rapid.T) {
				stable = rapid.Uint64Range(stable, c.executed).Draw(t, "slot")
				c.table.Release(stable)
			},
			"": func(t *rapid.T) {
				encoded := c.table.AppendTo(nil)
				copied := New(c.table.maxClients)
				rest, err := copied.Parse(append(encoded, "rest"...))
				if err != nil || string(rest) != "rest" {
					t.Fatalf("parsing the encoded table: %v, rest %q", err, rest)
				}
				if again := copied.AppendTo(nil); !bytes.Equal(again, encoded) || copied.bytes != c.table.bytes {
					t.Fatalf("parsed table differs: %d bytes of results, want %d", copied.bytes, c.table.bytes)
				}
			},
		})
	})
}

// TestEvictsLeastRecentlyUsed: one client too many evicts the one that has been silent longest.
func TestEvictsLeastRecentlyUsed(t *testing.T) {
	c := newLog(2)
	var ops []wire.Request
	run := func(req wire.Request) {
		ops = append(ops, req)
		c.executeNext(ops)
	}
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1})
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 2}, ID: 1, Low: 1})
	run(wire.Request{Client: wire.ClientID{Lo: 1}, ID: 1, Low: 1})
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 3}, ID: 1, Low: 1})
	if c.table.byID[2] != nil || c.table.byID[1] == nil || c.table.byID[4] == nil {
		t.Errorf("clients are %v, want 1 and 4", c.table.order)
	}
}

// FuzzTable: parsing arbitrary bytes does not panic.
func FuzzTable(f *testing.F) {
	table := New(4)
	table.register(3)
	f.Add(table.AppendTo(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		table := New(4)
		if _, err := table.Parse(b); err == nil {
			table.AppendTo(nil)
		}
	})
}

// log executes requests one after the other.
type log struct {
	table    Table
	executed uint64
}

func newLog(clients int) *log { return &log{table: New(clients)} }

// slotEcho returns the slot and time of an operation as its result.
type slotEcho struct{}

func (slotEcho) Execute(slot, _ uint64, op, result []byte) []byte {
	return fmt.Appendf(result, "%d:%s", slot, op)
}

func drawRequest(t *rapid.T, c *log) wire.Request {
	if rapid.IntRange(0, 5).Draw(t, "register") == 0 {
		return wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1}
	}
	client := rapid.Uint64Range(1, c.executed+2).Draw(t, "client")
	id := rapid.Uint64Range(1, 20).Draw(t, "id")
	low := rapid.Uint64Range(1, id).Draw(t, "low")
	op := binary.BigEndian.AppendUint32(nil, uint32(id))
	return wire.Request{Client: wire.ClientID{Lo: client}, ID: id, Low: low, Op: op}
}

func (c *log) executeNext(ops []wire.Request) {
	slot := c.executed + 1
	c.table.Execute(slot, &ops[slot-1], slotEcho{})
	c.executed = slot
}
