// Package dissect formats protocol messages as one line of text, for the simulator's traces and the
// golden traces of scenario tests.
package dissect

import (
	"fmt"
	"strings"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

// Dissector formats datagrams, frames and log entries.
type Dissector struct {
	Keys wire.Keys // to open authenticated frames
	// Op formats an operation; nil: with %q.
	Op func(op []byte) string
}

// Datagram formats an OUM datagram or a sealed frame.
func (d *Dissector) Datagram(b []byte) string {
	if wire.IsFrame(b) {
		return d.Frame(b)
	}
	h, payload, err := oumlib.ParseHeader(b)
	if err != nil {
		return fmt.Sprintf("garbage (%v)", err)
	}
	if !h.Sequenced() {
		return "unstamped " + d.Frame(payload)
	}
	return fmt.Sprintf("%d/%d %s", h.Session, h.Seq, d.Frame(payload))
}

// Frame formats a sealed frame.
func (d *Dissector) Frame(frame []byte) string {
	kind, body, err := d.Keys.Open(frame)
	if err != nil {
		return fmt.Sprintf("void (%v)", err)
	}
	return d.body(kind, body)
}

// body formats a frame without its tag.
func (d *Dissector) body(kind wire.Kind, body []byte) string {
	switch kind {
	case wire.KindRequest:
		m, err := wire.ParseRequest(body)
		if err != nil {
			return malformed(kind, err)
		}
		return d.request(&m)
	case wire.KindReply:
		m, err := wire.ParseReply(body)
		if err != nil {
			return malformed(kind, err)
		}
		return d.reply(&m)
	case wire.KindTick:
		m, err := wire.ParseTick(body)
		if err != nil {
			return malformed(kind, err)
		}
		return fmt.Sprintf("TICK %v from=%d", m.View, m.Replica)
	}
	m, err := wire.Parse(kind, body)
	if err != nil {
		return malformed(kind, err)
	}
	return d.message(m)
}

func malformed(kind wire.Kind, err error) string {
	return fmt.Sprintf("malformed %v (%v)", kind, err)
}

func (d *Dissector) op(op []byte) string {
	if d.Op != nil {
		return d.Op(op)
	}
	return fmt.Sprintf("%q", op)
}

func (d *Dissector) request(m *wire.Request) string {
	if m.Register {
		return "REGISTER " + client(m.Client)
	}
	return fmt.Sprintf("REQUEST %v#%d low=%d %s", m.Client, m.ID, m.Low, d.op(m.Op))
}

// client formats a client id, or the last 16 bits of a nonce.
func client(c wire.ClientID) string {
	if c.Hi != 0 {
		return fmt.Sprintf("nonce-%x", c.Lo&0xffff)
	}
	return c.String()
}

var statusNames = [...]string{
	wire.StatusLogged: "logged", wire.StatusOK: "ok", wire.StatusRegistered: "registered",
	wire.StatusEvicted: "evicted", wire.StatusTooLarge: "too-large", wire.StatusTooMany: "too-many",
	wire.StatusFull: "full",
}

func (d *Dissector) reply(m *wire.Reply) string {
	s := fmt.Sprintf("REPLY %v slot=%d %s#%d %s", m.View, m.Slot, client(m.Client), m.ID, statusNames[m.Status])
	switch {
	case m.Total > uint32(len(m.Part)):
		s += fmt.Sprintf(" bytes %d-%d of %d", m.Offset, int(m.Offset)+len(m.Part), m.Total)
	case m.Total > 0:
		s += " " + fmt.Sprintf("%q", m.Part)
	}
	return s
}

// Entries formats log entries.
func (d *Dissector) Entries(entries []wire.Entry) string {
	if len(entries) == 0 {
		return "[]"
	}
	var s strings.Builder
	s.WriteByte('[')
	for i, e := range entries {
		if i > 0 {
			s.WriteByte(' ')
		}
		s.WriteString(d.Entry(e))
	}
	s.WriteByte(']')
	return s.String()
}

// Entry formats a log entry as slots:session/number=content.
func (d *Dissector) Entry(e wire.Entry) string {
	at := fmt.Sprintf("%v:%d/%d=", wire.Range{First: e.Slot, Last: e.Last()}, e.Session, e.Number)
	switch e.Kind {
	case wire.EntryNoOp:
		return at + "no-op"
	case wire.EntryTick:
		return at + "tick"
	}
	m, err := wire.ParseRequest(e.Payload)
	switch {
	case err != nil:
		return at + malformed(wire.KindRequest, err)
	case m.Register:
		return at + "register"
	}
	return at + fmt.Sprintf("%v#%d", m.Client, m.ID)
}

func ranges(r []wire.Range) string {
	if len(r) == 0 {
		return "-"
	}
	parts := make([]string, len(r))
	for i := range r {
		parts[i] = r[i].String()
	}
	return strings.Join(parts, ",")
}

func (d *Dissector) message(m wire.Message) string {
	head := fmt.Sprintf("%v %v", m.Kind(), m.Head().View)
	switch m := m.(type) {
	case *wire.SlotLookup:
		return head + " slots=" + ranges(m.Ranges)
	case *wire.SlotEntries:
		s := fmt.Sprintf("%s none=%s %s", head, ranges(m.None), d.Entries(m.Entries))
		if m.Start > 0 {
			s += fmt.Sprintf(" start=%d", m.Start)
		}
		return s
	case *wire.GapAsk:
		return head + " slots=" + ranges(m.Ranges)
	case *wire.GapCommit:
		return head + " slots=" + ranges(m.Ranges)
	case *wire.GapCommitRep:
		return head + " slots=" + ranges(m.Ranges)
	case *wire.ViewChange:
		return fmt.Sprintf("%s last-normal=%v base=%d sp=%d end=%d %s", head, m.LastNormal, m.Base, m.SP, m.End, d.Entries(m.Entries))
	case *wire.StartView:
		s := fmt.Sprintf("%s base=%d sp=%d end=%d", head, m.Base, m.SP, m.End)
		if m.WithLog {
			s += " " + d.Entries(m.Entries)
		}
		return s
	case *wire.SyncPrepare:
		s := fmt.Sprintf("%s p=%d sp=%d", head, m.P, m.SP)
		if m.WithNoOps {
			return fmt.Sprintf("%s no-ops in (%d, %d]: %s", s, m.Q, m.P, ranges(m.NoOps))
		}
		return s + " without no-ops"
	case *wire.SyncRep:
		return fmt.Sprintf("%s p=%d", head, m.P)
	case *wire.SyncCommit:
		return fmt.Sprintf("%s p=%d", head, m.P)
	case *wire.Ping:
		return head + ping(m)
	case *wire.Fetch:
		return fmt.Sprintf("%s (%d, %d]", head, m.Lo, m.Hi)
	case *wire.FetchLog:
		return fmt.Sprintf("%s of=%v start=%d end=%d behind %d %s", head, m.LastNormal, m.Start, m.End, m.Lo, d.Entries(m.Entries))
	case *wire.FetchSnapshot:
		return fmt.Sprintf("%s slot=%d offset=%d", head, m.Slot, m.Offset)
	case *wire.SnapshotChunk:
		end := ""
		if m.Last {
			end = " (end)"
		}
		return fmt.Sprintf("%s of=%v slot=%d bytes %d-%d%s", head, m.LastNormal, m.Slot, m.Offset, m.Offset+uint64(len(m.Data)), end)
	}
	return head
}

func ping(m *wire.Ping) string {
	s := fmt.Sprintf(" end=%d ticks-seen=%d", m.End, m.TicksSeen)
	if m.Full {
		s += " full"
	}
	if m.Forming {
		s += " forming"
	}
	return s
}
