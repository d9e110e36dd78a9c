package worlds

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/monotime"
	"github.com/netordered/nopaxos/replica/wire"
)

// clientPort is the port of client 0; the other clients have the following ones.
const clientPort = 2000

func clientAddress(id int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, 0, 1}), uint16(clientPort+id))
}

// clientStateID identifies a state of a client.
type clientStateID uint32

// clientState is a state of a client, identified by the inputs of an unmodified core.
type clientState struct {
	id     int
	before clientStateID
	via    inputID
	first  bool // the initial state
}

// request is a request that a client sends, for the first time or again.
type request struct {
	frame inputID // as in a replica's log
	op    opID    // 0: REGISTER
}

// answer is a result that a client returns to its application.
type answer struct {
	op      opID
	request requestID // sent for it
	result  string    // the operations executed, in order
	err     error
}

// clientOutcome is the outcome of an input to a client.
type clientOutcome struct {
	to      clientStateID
	sends   []request
	answers []answer
	failure string
}

// clientAtlas is the known part of the transition system of clients: their states, and the outcome of every input
// in each.
type clientAtlas struct {
	inputs   *inputs
	all      []clientState
	byPrint  map[fingerprint]clientStateID
	outcomes map[uint64]*clientOutcome
}

func newClientAtlas(in *inputs) *clientAtlas {
	return &clientAtlas{inputs: in, byPrint: map[fingerprint]clientStateID{}, outcomes: map[uint64]*clientOutcome{}}
}

// clientNode is a running client.
type clientNode struct {
	core *clientcore.Core
	now  time.Duration
	sent map[opID]requestID
}

func newClientNode(in *inputs, id int) (*clientNode, error) {
	core, err := clientcore.New(clientcore.Config{
		Replicas: replicas, Auth: in.keys.Client, ReplyTo: clientAddress(id),
		Nonce: func() wire.ClientID { return wire.ClientID{Hi: 1 << 62, Lo: uint64(id + 1)} },
	})
	return &clientNode{core: core, now: origin, sent: map[opID]requestID{}}, err
}

// open returns a client in its initial state.
func (t *clientAtlas) open(id int) (clientStateID, error) {
	s, err := newClientNode(t.inputs, id)
	if err != nil {
		return 0, err
	}
	return t.arrive(s, clientState{id: id, first: true}), nil
}

func (t *clientAtlas) arrive(s *clientNode, c clientState) clientStateID {
	print := fingerprintOf(s.core.AppendState([]byte{byte(c.id)}))
	if id, ok := t.byPrint[print]; ok {
		return id
	}
	id := clientStateID(len(t.all))
	t.all = append(t.all, c)
	t.byPrint[print] = id
	return id
}

// step returns the outcome of an input to a client.
func (t *clientAtlas) step(from clientStateID, in inputID) *clientOutcome {
	key := uint64(from)<<32 | uint64(in)
	if d := t.outcomes[key]; d != nil {
		return d
	}
	d := &clientOutcome{}
	t.outcomes[key] = d
	s, err := t.wake(from)
	if err != nil {
		d.failure = err.Error()
		return d
	}
	s.give(&t.inputs.all[in], t.inputs, d)
	d.to = t.arrive(s, clientState{id: t.all[from].id, before: from, via: in})
	return d
}

// wake returns a running client that has had the same inputs.
func (t *clientAtlas) wake(id clientStateID) (*clientNode, error) {
	c := t.all[id]
	if c.first {
		return newClientNode(t.inputs, c.id)
	}
	s, err := t.wake(c.before)
	if err == nil {
		s.give(&t.inputs.all[c.via], t.inputs, &clientOutcome{})
	}
	return s, err
}

// maxDeadlines bounds the deadlines that pass until a client sends again.
const maxDeadlines = 16

// give passes an input to the client and collects its effects. Every REPLY arrives twice, because the network may
// duplicate it.
func (s *clientNode) give(in *input, all *inputs, d *clientOutcome) {
	switch in.kind {
	case inputReply:
		for range 2 {
			frame := bytes.Clone(in.data)
			s.core.Reply(s.now, frame)
			clear(frame)
		}
	case inputInvoke:
		if in.data[0] == 0 {
			s.core.Register(s.now)
			break
		}
		if _, err := s.core.Invoke(s.now, uint64(in.data[0]), in.data); err != nil {
			d.failure = fmt.Sprintf("Invoke: %v", err)
		}
	case inputResend:
		// The deadline may belong to a completed request.
		for range maxDeadlines {
			if len(s.core.Effects()) > 0 || s.core.Deadline() == monotime.Never {
				break
			}
			s.now = max(s.now, s.core.Deadline())
			s.core.Tick(s.now)
		}
	default:
		d.failure = fmt.Sprintf("a client is given an input of kind %d", in.kind)
	}
	for len(s.core.Effects()) > 0 {
		for _, e := range s.core.Effects() {
			s.carryOut(&e, all, d)
		}
		s.core.ClearEffects()
	}
}

func (s *clientNode) carryOut(e *clientcore.Effect, all *inputs, d *clientOutcome) {
	if e.Kind == clientcore.EffectDone {
		op := opID(e.Tag)
		d.answers = append(d.answers, answer{op: op, request: s.sent[op], result: string(e.Result), err: e.Err})
		return
	}
	_, body, err := all.keys.Open(e.Data)
	if err != nil {
		d.failure = fmt.Sprintf("sends a REQUEST that does not open: %v", err)
		return
	}
	m, err := wire.ParseRequest(body)
	if err != nil {
		d.failure = fmt.Sprintf("sends a REQUEST that does not parse: %v", err)
		return
	}
	r := request{frame: all.id(input{kind: inputFrame, data: bytes.Clone(e.Data)})}
	if !m.Register {
		r.op = opID(m.Op[0])
	}
	s.sent[r.op] = requestID{m.Client, m.ID}
	d.sends = append(d.sends, r)
}
