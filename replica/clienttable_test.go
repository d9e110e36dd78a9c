package replica

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"testing"

	"github.com/netordered/nopaxos/replica/wire"
	"pgregory.net/rapid"
)

// TestClientTableUndo: whatever was executed behind a slot, taking it back leaves the table as
// it was, and executing the same again gives the same.
func TestClientTableUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := tableCore(t, rapid.IntRange(1, 4).Draw(t, "clients"))
		var ops [][]byte
		encodings := [][]byte{c.table.appendTo(nil)} // after each slot
		stable := uint64(0)
		t.Repeat(map[string]func(*rapid.T){
			"execute": func(t *rapid.T) {
				ops = append(ops, drawRequest(t, c))
				executeNext(c, ops)
				encodings = append(encodings, c.table.appendTo(nil))
			},
			"undo": func(t *rapid.T) {
				to := rapid.Uint64Range(stable, c.executed).Draw(t, "slot")
				c.table.undo(to)
				c.executed = to
				if got := c.table.appendTo(nil); !bytes.Equal(got, encodings[to]) {
					t.Fatalf("table differs after taking back what is behind slot %d", to)
				}
				for int(c.executed) < len(ops) {
					executeNext(c, ops)
					if got := c.table.appendTo(nil); !bytes.Equal(got, encodings[c.executed]) {
						t.Fatalf("table differs after executing slot %d again", c.executed)
					}
				}
			},
			"release": func(t *rapid.T) {
				stable = rapid.Uint64Range(stable, c.executed).Draw(t, "slot")
				c.table.release(stable)
			},
			"": func(t *rapid.T) {
				encoded := c.table.appendTo(nil)
				copied := newClientTable(c.table.maxClients)
				rest, err := copied.parse(append(encoded, "rest"...))
				if err != nil || string(rest) != "rest" {
					t.Fatalf("parsing the encoded table: %v, rest %q", err, rest)
				}
				if again := copied.appendTo(nil); !bytes.Equal(again, encoded) || copied.bytes != c.table.bytes {
					t.Fatalf("parsed table differs: %d bytes of results, want %d", copied.bytes, c.table.bytes)
				}
			},
		})
	})
}

// TestClientTableEvictsLeastRecentlyUsed: one client too many costs the one that was silent longest.
func TestClientTableEvictsLeastRecentlyUsed(t *testing.T) {
	c := tableCore(t, 2)
	var ops [][]byte
	run := func(req wire.Request) {
		ops = append(ops, wire.AppendRequest(nil, &req))
		executeNext(c, ops)
	}
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1})
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 2}, ID: 1, Low: 1})
	run(wire.Request{Client: wire.ClientID{Lo: 1}, ID: 1, Low: 1})
	run(wire.Request{Register: true, Client: wire.ClientID{Hi: 3}, ID: 1, Low: 1})
	if c.table.byID[2] != nil || c.table.byID[1] == nil || c.table.byID[4] == nil {
		t.Errorf("clients are %v, want 1 and 4", c.table.order)
	}
}

// FuzzClientTable: no bytes make parsing panic.
func FuzzClientTable(f *testing.F) {
	table := newClientTable(4)
	table.register(3)
	f.Add(table.appendTo(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		table := newClientTable(4)
		if _, err := table.parse(b); err == nil {
			table.appendTo(nil)
		}
	})
}

// slotEcho has results that tell where an operation was executed.
type slotEcho struct{ echo }

func (slotEcho) Execute(slot, _ uint64, op, result []byte) []byte {
	return fmt.Appendf(result, "%d:%s", slot, op)
}
func (slotEcho) Snapshot() (io.WriterTo, error) { return echo{}, nil }

func tableCore(t rapid.TB, clients int) *Core {
	keys, err := wire.DeriveKeys(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{N: 1, Keys: keys, MaxClients: clients}, Bootstrap(), slotEcho{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drawRequest(t *rapid.T, c *Core) []byte {
	if rapid.IntRange(0, 5).Draw(t, "register") == 0 {
		return wire.AppendRequest(nil, &wire.Request{Register: true, Client: wire.ClientID{Hi: 1}, ID: 1, Low: 1})
	}
	client := rapid.Uint64Range(1, c.executed+2).Draw(t, "client")
	id := rapid.Uint64Range(1, 20).Draw(t, "id")
	low := rapid.Uint64Range(1, id).Draw(t, "low")
	op := binary.BigEndian.AppendUint32(nil, uint32(id))
	return wire.AppendRequest(nil, &wire.Request{Client: wire.ClientID{Lo: client}, ID: id, Low: low, Op: op})
}

func executeNext(c *Core, ops [][]byte) {
	slot := c.executed + 1
	req := c.parseRequest(slot, ops[slot-1])
	c.executeRequest(slot, &req)
	c.executed = slot
}
