package wire

import (
	"encoding/binary"
	"net/netip"

	"github.com/netordered/nopaxos/internal/codec"
)

// Request is REQUEST ⟨client, request-id, lowest outstanding id, reply address, op⟩, sent to the
// group through OUM.
type Request struct {
	Register bool     // a client's first request: Client is its nonce, Op is empty
	Client   ClientID // the sender
	ID       uint64   // request-id, from 1; the same in every retransmission
	Low      uint64   // lowest id that the client waits for, at most ID
	ReplyTo  netip.AddrPort
	Op       []byte // aliases the frame
}

// RequestOverhead is the length of a request's frame without its op, in bytes, including the tag.
const RequestOverhead = PrefixLen + 1 + 16 + 8 + 8 + 18 + TagLen

// requestHeader is the length of a REQUEST between its prefix and its op, in bytes.
const requestHeader = RequestOverhead - PrefixLen - TagLen

// AppendRequest appends the frame of m, without tag.
func AppendRequest(b []byte, m *Request) []byte {
	b = appendPrefix(b, KindRequest)
	b = codec.AppendBool(b, m.Register)
	b = appendClientID(b, m.Client)
	b = appendU64(b, m.ID)
	b = appendU64(b, m.Low)
	b = appendAddr(b, m.ReplyTo)
	return append(b, m.Op...)
}

// ParseRequest parses a frame that Keys.Open returned.
func ParseRequest(frame []byte) (m Request, err error) {
	err = m.Parse(frame)
	return m, err
}

// Parse parses a frame that Keys.Open returned. Every replica calls it for every request, so it checks the length
// once and not for every field.
func (m *Request) Parse(frame []byte) error {
	b := frame[PrefixLen:]
	if len(b) < requestHeader {
		return ErrShort
	}
	h := (*[requestHeader]byte)(b)
	m.Register = h[0] == 1
	m.Client = ClientID{Hi: binary.BigEndian.Uint64(h[1:]), Lo: binary.BigEndian.Uint64(h[9:])}
	m.ID = binary.BigEndian.Uint64(h[17:])
	m.Low = binary.BigEndian.Uint64(h[25:])
	m.ReplyTo = addrAt((*[addrLen]byte)(h[33:]))
	m.Op = b[requestHeader:]
	if h[0] > 1 || m.ID == 0 || m.Low == 0 || m.Low > m.ID || m.Register != (m.Client.Hi != 0) {
		return ErrValue
	}
	return nil
}

// Status is the status of a REPLY.
type Status uint8

const (
	// StatusLogged is a follower's REPLY without a result: the request is in its log.
	StatusLogged Status = 0
	// StatusOK is the leader's REPLY with the state machine's result.
	StatusOK Status = 1
	// StatusRegistered answers a REGISTER: the REPLY's slot is the client's id.
	StatusRegistered Status = 2
	// StatusEvicted means that the client is not, or no longer, in the client table.
	StatusEvicted Status = 3
	// StatusTooLarge means that the operation was executed but its result, larger than MaxResult, was not kept.
	StatusTooLarge Status = 4
	// StatusTooMany means that this request was not executed because the client has more than MaxOutstanding
	// requests outstanding.
	StatusTooMany Status = 5
	// StatusFull means that the leader's log is full and it did not log the message. The outcome is unknown, and
	// the client may retry later with the same id. It is not a result: one such REPLY makes the client back off,
	// and f+1 commit nothing.
	StatusFull Status = 6

	statusEnd Status = 7
)

// Reply is REPLY ⟨view, slot, client, request-id, replica, result⟩. A result that does not fit into a datagram is
// sent in several, each with a part of it.
type Reply struct {
	View        View
	Slot        uint64
	Client      ClientID
	ID          uint64
	Replica     uint16
	Incarnation uint64
	Status      Status
	Total       uint32 // length of the whole result in bytes
	Offset      uint32 // of Part in the result
	Part        []byte // aliases the frame
}

// ReplyOverhead is the length of a REPLY without its part, in bytes, including the tag.
const ReplyOverhead = PrefixLen + 12 + 8 + 16 + 8 + 2 + 8 + 1 + 4 + 4 + TagLen

// replyHeader is the length of a REPLY between its prefix and its part, in bytes.
const replyHeader = ReplyOverhead - PrefixLen - TagLen

// AppendReply appends the frame of m, without tag. Like ParseRequest it is on the hot path.
func AppendReply(b []byte, m *Reply) []byte {
	b = appendPrefix(b, KindReply)
	at := len(b)
	b = append(b, new([replyHeader]byte)[:]...)
	h := (*[replyHeader]byte)(b[at:])
	binary.BigEndian.PutUint64(h[0:], m.View.Leader)
	binary.BigEndian.PutUint32(h[8:], m.View.Session)
	binary.BigEndian.PutUint64(h[12:], m.Slot)
	binary.BigEndian.PutUint64(h[20:], m.Client.Hi)
	binary.BigEndian.PutUint64(h[28:], m.Client.Lo)
	binary.BigEndian.PutUint64(h[36:], m.ID)
	binary.BigEndian.PutUint16(h[44:], m.Replica)
	binary.BigEndian.PutUint64(h[46:], m.Incarnation)
	h[54] = byte(m.Status)
	binary.BigEndian.PutUint32(h[55:], m.Total)
	binary.BigEndian.PutUint32(h[59:], m.Offset)
	return append(b, m.Part...)
}

// ParseReply parses a frame that Keys.Open returned.
func ParseReply(frame []byte) (m Reply, err error) {
	b := frame[PrefixLen:]
	if len(b) < replyHeader {
		return m, ErrShort
	}
	h := (*[replyHeader]byte)(b)
	m.View = View{Leader: binary.BigEndian.Uint64(h[0:]), Session: binary.BigEndian.Uint32(h[8:])}
	m.Slot = binary.BigEndian.Uint64(h[12:])
	m.Client = ClientID{Hi: binary.BigEndian.Uint64(h[20:]), Lo: binary.BigEndian.Uint64(h[28:])}
	m.ID = binary.BigEndian.Uint64(h[36:])
	m.Replica = binary.BigEndian.Uint16(h[44:])
	m.Incarnation = binary.BigEndian.Uint64(h[46:])
	m.Status = Status(h[54])
	m.Total = binary.BigEndian.Uint32(h[55:])
	m.Offset = binary.BigEndian.Uint32(h[59:])
	m.Part = b[replyHeader:]
	if m.Status >= statusEnd || m.Total > MaxResult || uint64(m.Offset)+uint64(len(m.Part)) > uint64(m.Total) {
		return m, ErrValue
	}
	return m, nil
}

// Tick is TICK ⟨view, time⟩, which the leader, or a follower that tests the sequencer, multicasts through OUM. It
// carries logical time.
type Tick struct {
	View        View
	Replica     uint16 // the sender
	Incarnation uint64
	Time        uint64 // logical time in nanoseconds
}

// AppendTick appends the frame of m, without tag.
func AppendTick(b []byte, m *Tick) []byte {
	b = appendPrefix(b, KindTick)
	b = appendView(b, m.View)
	b = appendU16(b, m.Replica)
	b = appendU64(b, m.Incarnation)
	return appendU64(b, m.Time)
}

// ParseTick parses a frame that Keys.Open returned.
func ParseTick(frame []byte) (m Tick, err error) {
	r := newReader(frame)
	m.View = r.view()
	m.Replica = r.U16()
	m.Incarnation = r.U64()
	m.Time = r.U64()
	return m, r.Done()
}
