package p4runtime

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"testing"
	"time"

	p4client "github.com/antoninbas/p4runtime-go-client/pkg/client"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

// next waits for a value of a channel; only a failing test waits so long.
func next[T any](t *testing.T, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing arrived")
		panic("unreachable")
	}
}

// testConn is a connection to a target that the test plays, with empty tables.
func testConn(t *testing.T, target p4v1.P4RuntimeClient) *Conn {
	return &Conn{client: p4client.NewClient(target, 1, &p4v1.Uint128{Low: 1}), ctx: t.Context(), have: tables.New()}
}

// slowReader is a target whose reads the test answers.
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

// An audit's slow read delays no install, and does not undo one that happens meanwhile.
func TestInstallDoesNotWaitForAnAudit(t *testing.T) {
	r := &slowReader{reading: make(chan chan []*p4v1.Entity), written: make(chan *p4v1.WriteRequest, 1)}
	c, p := testConn(t, r), testPlan(t, 1, 2, 3)

	audited := make(chan error, 1)
	go func() { audited <- c.Prepare(p, nil, true) }()
	before := next(t, r.reading)
	installed := make(chan error, 1)
	go func() { installed <- c.Install(p, groupA, 1, false) }()
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
	if found := p.Sequences(c.have); len(found) != 1 || found[0].Session != 1 {
		t.Errorf("known to be installed are %+v, want session 1", found)
	}
}

// recorder is a target that records the changes of each Write.
type recorder struct {
	p4v1.P4RuntimeClient
	writes [][]tables.Change
}

func (r *recorder) Write(_ context.Context, w *p4v1.WriteRequest, _ ...grpc.CallOption) (*p4v1.WriteResponse, error) {
	var batch []tables.Change
	for _, u := range w.GetUpdates() {
		ch := tables.Change{Kind: map[p4v1.Update_Type]tables.ChangeKind{
			p4v1.Update_INSERT: tables.Insert, p4v1.Update_MODIFY: tables.Modify, p4v1.Update_DELETE: tables.Delete,
		}[u.GetType()]}
		if e := u.GetEntity().GetTableEntry(); e != nil {
			ch.Key = decodeKey(e)
			if ch.Kind != tables.Delete {
				ch.Action = decodeAction(e)
			}
		} else {
			m := u.GetEntity().GetPacketReplicationEngineEntry().GetMulticastGroupEntry()
			ch.Group = uint16(m.GetMulticastGroupId())
			if ch.Kind != tables.Delete {
				ch.Copies = decodeCopies(m)
			}
		}
		batch = append(batch, ch)
	}
	r.writes = append(r.writes, batch)
	return &p4v1.WriteResponse{}, nil
}

// spine is a switch over two leaves, and its forwarding when it sequences two groups.
func spine(t *testing.T) (*tables.Plan, *fabric.Forwarding) {
	t.Helper()
	topo := &fabric.Topology{}
	for s := range 3 {
		topo.Switches = append(topo.Switches, fabric.Switch{Name: fmt.Sprintf("s%d", s), MAC: fabric.MAC(0x020000000100 + s)})
	}
	groups := []fabric.Group{{Number: groupA, Name: "a"}, {Number: groupB, Name: "b"}}
	for leaf := 1; leaf < 3; leaf++ {
		topo.Links = append(topo.Links, fabric.Link{
			A: fabric.Port{Switch: leaf, Number: 1}, B: fabric.Port{Switch: 0, Number: uint16(leaf)},
		})
		for h := range 2 {
			addr := netip.AddrFrom4([4]byte{10, 1, byte(leaf), byte(h)})
			topo.Hosts = append(topo.Hosts, fabric.Host{
				Name: addr.String(), Addr: addr, MAC: fabric.MAC(0x02AA00000000 + 2*leaf + h),
				At: fabric.Port{Switch: leaf, Number: uint16(2 + h)}, Gateway: netip.AddrFrom4([4]byte{10, 1, byte(leaf), 254}),
			})
			groups[h].Replicas = append(groups[h].Replicas, netip.AddrPortFrom(addr, 9701))
		}
	}
	if err := topo.Validate(groups); err != nil {
		t.Fatal(err)
	}
	cell := uint16(0)
	p, err := tables.NewPlan(topo, groups, []byte("key"), func(uint32) (uint16, error) { cell++; return cell, nil })
	if err != nil {
		t.Fatal(err)
	}
	f := fabric.New(topo, groups)
	f.Start(0, 0)
	for i := range groups {
		f.Steer(i, 0)
	}
	for !f.Routed(0) || !f.Routed(1) {
		for s := range topo.Switches {
			f.Prepare(s)
			f.Prepared(s, true)
		}
		f.Advance()
	}
	return p, f.Wanted(0)
}

// P4Runtime lets the target apply the updates of one Write in any order. So each batch of independent changes is a
// Write of its own, when trees and routes are added, changed and removed.
func TestEveryBatchIsOneWrite(t *testing.T) {
	p, spine := spine(t)
	r := &recorder{}
	c := testConn(t, r)
	have := tables.New()
	empty := &fabric.Forwarding{Switch: 0, Groups: make([]fabric.GroupForwarding, 2)}
	for _, f := range []*fabric.Forwarding{spine, empty, spine} {
		r.writes = nil
		if err := c.Prepare(p, f, false); err != nil {
			t.Fatal(err)
		}
		want := tables.Difference(have, p.Compile(f, have))
		if !reflect.DeepEqual(r.writes, want) {
			t.Errorf("wrote %+v\nwant %+v", r.writes, want)
		}
		if n := len(want); n < 2 || n > 5 {
			t.Errorf("a change took %d writes, want 2 to 5", n)
		}
		for _, batch := range want {
			for _, ch := range batch {
				have.Apply(ch)
			}
		}
	}
}
