package controlplane

import (
	"context"
	"io"
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
