package p4runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/controlplane/fabric"
	"github.com/netordered/nopaxos/controlplane/failover"
	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

// rpcTimeout bounds every RPC to a target but a push, which compiles on some switches.
const (
	rpcTimeout  = time.Second
	pushTimeout = 30 * time.Second
)

// read reads the entities of a device that match any of the wildcards.
func read(ctx context.Context, client p4v1.P4RuntimeClient, deviceID uint64, wildcards ...*p4v1.Entity) (*tables.State, error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	stream, err := client.Read(ctx, &p4v1.ReadRequest{DeviceId: deviceID, Entities: wildcards})
	if err != nil {
		return nil, err
	}
	var all []*p4v1.Entity
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return decode(all), nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, reply.GetEntities()...)
	}
}

// ReadTables reads all tables of a target. Any client may do that, not only the primary.
func ReadTables(ctx context.Context, client p4v1.P4RuntimeClient, deviceID uint64) (*tables.State, error) {
	wildcards := []*p4v1.Entity{multicastEntity(&p4v1.MulticastGroupEntry{})}
	for _, table := range []uint32{p4src.TablePortRole, p4src.TableOUMGroup, p4src.TableIPv4LPM, p4src.TableOUMCopy, p4src.TableARPGateway} {
		wildcards = append(wildcards, tableEntity(&p4v1.TableEntry{TableId: table}))
	}
	have, err := read(ctx, client, deviceID, wildcards...)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	return have, nil
}

// Sequences reads the sequence entries of the plan's groups.
func (c *Conn) Sequences(p *tables.Plan) ([]failover.SequenceEntry, error) {
	have, err := read(c.ctx, c.client, c.deviceID, tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}))
	if err != nil {
		return nil, fmt.Errorf("read the sequence entries: %w", err)
	}
	return p.Sequences(have), nil
}

// Prepare brings the target's tables to f (nil: it is an end-host sequencer), apart from the sequence entries of
// planned groups. It first reads them if afresh is set, or if this connection does not know them from its earlier reads
// and writes.
//
// An audit's reading takes a while on a busy switch, and an install that waited for it would time out. So other changes
// go on meanwhile, and if there was one the audit reads again.
func (c *Conn) Prepare(p *tables.Plan, f *fabric.Forwarding, afresh bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if afresh && c.have != nil {
		before := c.changes
		c.writing.Unlock()
		have, err := ReadTables(c.ctx, c.client, c.deviceID)
		c.writing.Lock()
		if err != nil {
			return err
		}
		if c.have = nil; c.changes == before {
			c.have = have
		}
	}
	if c.have == nil {
		have, err := ReadTables(c.ctx, c.client, c.deviceID)
		if err != nil {
			return err
		}
		c.have = have
	}
	return c.change(tables.Difference(c.have, p.Compile(f, c.have))...)
}

// Install writes the sequence entry of (group, session), once. replace counts only if this connection does not know the
// tables.
func (c *Conn) Install(p *tables.Plan, group, session uint32, replace bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if c.have != nil {
		_, replace = c.have.Entries[tables.GroupKey(group, tables.Unstamped)]
	}
	return c.change([]tables.Change{p.Install(group, session, replace)})
}

// Remove deletes the sequence entry of group, or replaces it by the group's action in f.
func (c *Conn) Remove(p *tables.Plan, group uint32, f *fabric.Forwarding) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.change([]tables.Change{p.Remove(group, f)})
}

// change sends batches of changes, each in a request that the target has answered before the next, and records the
// tables after each. After a failure they are unknown.
func (c *Conn) change(batches ...[]tables.Change) error {
	for _, batch := range batches {
		c.changes++
		if err := c.write(c.ctx, batch); err != nil {
			c.have = nil
			return err
		}
		if c.have != nil {
			for _, ch := range batch {
				c.have.Apply(ch)
			}
		}
	}
	return nil
}

// write sends changes in one request.
func (c *Conn) write(ctx context.Context, changes []tables.Change) error {
	if len(changes) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	updates := make([]*p4v1.Update, len(changes))
	for i, ch := range changes {
		updates[i] = update(ch)
	}
	_, err := c.client.Write(ctx, &p4v1.WriteRequest{DeviceId: c.deviceID, ElectionId: c.election, Updates: updates})
	if err != nil {
		return fmt.Errorf("write %d updates: %w", len(updates), withDetails(err))
	}
	return nil
}

// withDetails adds which update of a failed batch failed: gRPC has that in the details only.
func withDetails(err error) error {
	for i, d := range status.Convert(err).Details() {
		if e, ok := d.(*p4v1.Error); ok && e.GetCanonicalCode() != int32(codes.OK) {
			return fmt.Errorf("%w: update %d: %v: %s", err, i, codes.Code(e.GetCanonicalCode()), e.GetMessage())
		}
	}
	return err
}
