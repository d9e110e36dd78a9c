package controlplane

import (
	"context"
	"io"
	"math/rand/v2"
	"testing"

	p4client "github.com/antoninbas/p4runtime-go-client/pkg/client"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/p4src"
)

// slowReader is a target whose reads answer what the test says, when it says so.
type slowReader struct {
	p4v1.P4RuntimeClient
	p4v1.P4Runtime_ReadClient
	reading chan chan []*p4v1.Entity // of each read that begins: gets its answer
	written chan *p4v1.WriteRequest
	answer  chan []*p4v1.Entity
}

func (r *slowReader) Read(context.Context, *p4v1.ReadRequest, ...grpc.CallOption) (p4v1.P4Runtime_ReadClient, error) {
	stream := &slowReader{answer: make(chan []*p4v1.Entity, 1)}
	r.reading <- stream.answer
	return stream, nil
}

func (r *slowReader) Recv() (*p4v1.ReadResponse, error) {
	entities, more := <-r.answer
	if !more {
		return nil, io.EOF
	}
	close(r.answer)
	return &p4v1.ReadResponse{Entities: entities}, nil
}

func (r *slowReader) Write(_ context.Context, w *p4v1.WriteRequest, _ ...grpc.CallOption) (*p4v1.WriteResponse, error) {
	r.written <- w
	return &p4v1.WriteResponse{}, nil
}

// An audit's slow read keeps no install waiting, and does not take back what was installed meanwhile.
func TestInstallDoesNotWaitForAnAudit(t *testing.T) {
	r := &slowReader{reading: make(chan chan []*p4v1.Entity), written: make(chan *p4v1.WriteRequest, 1)}
	c := &connection{Client: p4client.NewClient(r, 1, &p4v1.Uint128{Low: 1}), have: newTables()}
	p := testPlan(t, 1, 2, 3)
	group := p.groups[0].number

	audited := make(chan error, 1)
	go func() { audited <- c.prepare(t.Context(), p, nil, true) }()
	before := next(t, r.reading)
	installed := make(chan error, 1)
	go func() { installed <- c.install(t.Context(), p, group, 1, false) }()
	install := next(t, r.written)
	if err := next(t, installed); err != nil {
		t.Fatal(err)
	}
	before <- nil
	next(t, r.reading) <- []*p4v1.Entity{install.GetUpdates()[0].GetEntity()}
	for _, u := range next(t, r.written).GetUpdates() {
		if u.GetEntity().GetTableEntry().GetTableId() == p4src.TableOUMGroup {
			t.Errorf("the audit changes the sequence entry: %v", u)
		}
	}
	if err := next(t, audited); err != nil {
		t.Fatal(err)
	}
	if found := p.sequences(c.have); len(found) != 1 || found[0].Session != 1 {
		t.Errorf("known to be installed are %+v, want session 1", found)
	}
}

// anyOrder is a target that applies the updates of one Write in an order of its own.
type anyOrder struct {
	p4v1.P4RuntimeClient
	t      *testing.T
	rng    *rand.Rand
	tables *tables
	writes int
}

func (a *anyOrder) Write(_ context.Context, w *p4v1.WriteRequest, _ ...grpc.CallOption) (*p4v1.WriteResponse, error) {
	a.writes++
	var batch []change
	for _, u := range w.GetUpdates() {
		ch := change{kind: map[p4v1.Update_Type]changeKind{
			p4v1.Update_INSERT: changeInsert, p4v1.Update_MODIFY: changeModify, p4v1.Update_DELETE: changeDelete,
		}[u.GetType()]}
		if e := u.GetEntity().GetTableEntry(); e != nil {
			ch.key, ch.act = readKey(e), readAction(e)
		} else {
			m := u.GetEntity().GetPacketReplicationEngineEntry().GetMulticastGroupEntry()
			ch.id, ch.refs = uint16(m.GetMulticastGroupId()), readRefs(m)
		}
		batch = append(batch, ch)
	}
	applyInAnyOrder(a.t, a.rng, a.tables, [][]change{batch})
	return &p4v1.WriteResponse{}, nil
}

// P4Runtime leaves it to the target in which order it takes the updates of one Write. Whatever it chooses, what
// an update names is there, when trees and routes come, change and go; and what is independent goes in one.
func TestOrderWithinAWriteDoesNotMatter(t *testing.T) {
	for seed := range uint64(50) {
		target := &anyOrder{t: t, rng: rand.New(rand.NewPCG(seed, 0)), tables: newTables()}
		c := &connection{Client: p4client.NewClient(target, 1, &p4v1.Uint128{Low: 1}), have: newTables()}
		w := newFabricWorld(t, testRNG(), fatTree(2), 1, groupA, groupB)
		w.up()
		spine := w.core.fabric.switches[0].wanted
		empty := &Forwarding{Switch: 0, Groups: make([]GroupForwarding, 2)}
		for _, f := range []*Forwarding{spine, empty, spine} {
			before := target.writes
			if err := c.prepare(t.Context(), w.plan, f, false); err != nil {
				t.Fatal(err)
			}
			if n := target.writes - before; n < 2 || n > 5 {
				t.Errorf("a change took %d writes, want 2 to 5", n)
			}
		}
	}
}
