package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
)

// rpcTimeout bounds every RPC to a target; pushing a pipeline compiles on some switches.
const (
	rpcTimeout  = time.Second
	pushTimeout = 30 * time.Second
)

// readAll reads the entities that match any of the wildcards.
func (c *connection) readAll(ctx context.Context, wildcards ...*p4v1.Entity) ([]*p4v1.Entity, error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	stream, err := c.Read(ctx, &p4v1.ReadRequest{DeviceId: c.deviceID, Entities: wildcards})
	if err != nil {
		return nil, err
	}
	var all []*p4v1.Entity
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, reply.GetEntities()...)
	}
}

// sequences reads the sequence entries of the plan's groups.
func (c *connection) sequences(ctx context.Context, p *plan) ([]SequenceEntry, error) {
	entities, err := c.readAll(ctx, tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}))
	if err != nil {
		return nil, fmt.Errorf("read the sequence entries: %w", err)
	}
	return p.sequences(readTables(entities)), nil
}

// readTables reads everything that the target has installed.
func (c *connection) readTables(ctx context.Context) (*tables, error) {
	wildcards := []*p4v1.Entity{multicastEntity(&p4v1.MulticastGroupEntry{})}
	for _, table := range []uint32{p4src.TablePortRole, p4src.TableOUMGroup, p4src.TableIPv4LPM, p4src.TableOUMCopy, p4src.TableARPGateway} {
		wildcards = append(wildcards, tableEntity(&p4v1.TableEntry{TableId: table}))
	}
	entities, err := c.readAll(ctx, wildcards...)
	if err != nil {
		return nil, fmt.Errorf("read what is installed: %w", err)
	}
	return readTables(entities), nil
}

// prepare brings the target to what f says (nil: it is an end-host sequencer), sequence entries of planned
// groups apart. What is installed is read first if afresh is set, or if it is not known from what this
// connection has read and written before.
//
// An audit's reading takes a while on a busy switch. It is done beside other changes, as an install that waited
// for it would be given up, and again when there was one.
func (c *connection) prepare(ctx context.Context, p *plan, f *Forwarding, afresh bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	if afresh && c.have != nil {
		before := c.changes
		c.writing.Unlock()
		have, err := c.readTables(ctx)
		c.writing.Lock()
		if err != nil {
			return err
		}
		if c.have = nil; c.changes == before {
			c.have = have
		}
	}
	if c.have == nil {
		have, err := c.readTables(ctx)
		if err != nil {
			return err
		}
		c.have = have
	}
	return c.change(ctx, difference(c.have, p.wanted(f, c.have))...)
}

// install writes the sequence entry of (group, session), once. replace counts only where this connection
// does not know what is installed.
func (c *connection) install(ctx context.Context, p *plan, group, session uint32, replace bool) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	key := oumGroupKey(group, unstamped)
	if c.have != nil {
		_, replace = c.have.entries[key]
	}
	kind := changeInsert
	if replace {
		kind = changeModify
	}
	return c.change(ctx, []change{{kind: kind, key: key, act: p.sequence(p.group(group), session)}})
}

// remove takes the sequence entry of group away; on a switch that shall pass the group's packets on, f
// says whereto, and that takes its place.
func (c *connection) remove(ctx context.Context, p *plan, group uint32, f *Forwarding) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	ch := change{kind: changeDelete, key: oumGroupKey(group, unstamped)}
	if f != nil {
		if hop := f.Groups[p.index[group]].ToSequencer; hop != nil {
			ch.kind, ch.act = changeModify, p.toSequencer(f.Switch, *hop)
		}
	}
	return c.change(ctx, []change{ch})
}

// change sends batches of changes, each in a request that the target has answered before the next, and remembers
// what is installed then. When one fails, what is installed is unknown.
func (c *connection) change(ctx context.Context, batches ...[]change) error {
	for _, batch := range batches {
		c.changes++
		updates := make([]*p4v1.Update, len(batch))
		for i, ch := range batch {
			updates[i] = ch.update()
		}
		if err := c.write(ctx, updates...); err != nil {
			c.have = nil
			return err
		}
		if c.have != nil {
			for _, ch := range batch {
				c.have.apply(ch)
			}
		}
	}
	return nil
}

// write sends updates in one request.
func (c *connection) write(ctx context.Context, updates ...*p4v1.Update) error {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	_, err := c.Write(ctx, &p4v1.WriteRequest{DeviceId: c.deviceID, ElectionId: c.election, Updates: updates})
	if err != nil {
		return fmt.Errorf("write %d updates: %w", len(updates), withDetails(err))
	}
	return nil
}

// withDetails says which updates of a failed batch failed: gRPC has that in the details only.
func withDetails(err error) error {
	for i, d := range status.Convert(err).Details() {
		if e, ok := d.(*p4v1.Error); ok && e.GetCanonicalCode() != int32(codes.OK) {
			return fmt.Errorf("%w: update %d: %v: %s", err, i, codes.Code(e.GetCanonicalCode()), e.GetMessage())
		}
	}
	return err
}
