package peers

import (
	"github.com/netordered/nopaxos/lab/baseline/node"
	"github.com/netordered/nopaxos/lab/bench/role"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/clients"
	"github.com/netordered/nopaxos/replica/wire"
)

// machine has the state to which log entries are applied: the client table and the state machine.
type machine struct {
	keys    wire.Keys
	self, n int
	mtu     int
	table   clients.Table
	service replica.StateMachine
	undo    replica.Undoer // service, if it implements Undoer; else nil
}

// maxClients is the same as for other systems.
const maxClients = 1 << 16

func newMachine(s *role.Spec) (*machine, error) {
	keys, err := wire.DeriveKeys(s.Key)
	if err != nil {
		return nil, err
	}
	service, err := role.NewMachine(s.Machine)
	if err != nil {
		return nil, err
	}
	m := &machine{
		keys: keys, self: s.Index, n: len(s.Replicas), mtu: s.MTU, table: clients.New(maxClients), service: service,
	}
	m.undo, _ = service.(replica.Undoer)
	return m, nil
}

// outbox returns an empty outbox for replies.
func (m *machine) outbox() node.Outbox { return node.NewOutbox(m.keys, m.mtu) }

// view maps a term of Raft to the numbering of views that clients use.
func (m *machine) view(term uint64) wire.View {
	return wire.View{Leader: term*uint64(m.n) + uint64(m.self)}
}

// apply executes the request of a committed entry, and replies if this replica leads the term.
func (m *machine) apply(index, term, now uint64, body []byte, leads bool, out *node.Outbox) {
	req, err := wire.ParseRequest(body)
	if err != nil {
		return // cannot happen: the leader parsed it before it proposed it
	}
	m.table.SetTime(index, now)
	m.table.Execute(index, &req, m.service)
	if leads {
		m.answer(index, term, &req, out)
	}
	m.table.Release(index)
	if m.undo != nil {
		m.undo.Release(index)
	}
}

func (m *machine) answer(index, term uint64, req *wire.Request, out *node.Outbox) {
	status, result, ok := m.table.Answer(index, req)
	if !ok {
		return
	}
	r := wire.Reply{
		View: m.view(term), Slot: index, Client: req.Client, ID: req.ID, Replica: uint16(m.self), Incarnation: 1, Status: status,
	}
	out.Reply(&r, nil, req.ReplyTo, result)
}
