package controlplane

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/p4src"
)

// rpcTimeout bounds every RPC to a target; pushing a pipeline compiles on some switches.
const (
	rpcTimeout  = time.Second
	pushTimeout = 30 * time.Second
)

// pipeline is what targets run, with the cookie that tells it from others.
type pipeline struct {
	p4info []byte // text, without fields that the bindings do not know
	device []byte
	cookie uint64
}

// newPipeline puts our p4info and a compiled program together. The cookie is a digest of both.
func newPipeline(device []byte) (pipeline, error) {
	info, err := p4src.P4Info()
	if err != nil {
		return pipeline{}, err
	}
	text, err := prototext.Marshal(info)
	if err != nil {
		return pipeline{}, fmt.Errorf("controlplane: write p4info as text: %w", err)
	}
	binaryInfo, err := proto.MarshalOptions{Deterministic: true}.Marshal(info)
	if err != nil {
		return pipeline{}, fmt.Errorf("controlplane: write p4info: %w", err)
	}
	h := sha256.New()
	h.Write(binaryInfo)
	h.Write(device)
	return pipeline{p4info: text, device: device, cookie: binary.BigEndian.Uint64(h.Sum(nil))}, nil
}

// runs reports whether the target runs p.
func (c *connection) runs(ctx context.Context, p pipeline) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	reply, err := c.GetForwardingPipelineConfig(ctx, &p4v1.GetForwardingPipelineConfigRequest{
		DeviceId:     c.deviceID,
		ResponseType: p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY,
	})
	if status.Code(err) == codes.FailedPrecondition || status.Code(err) == codes.NotFound {
		return false, nil // none was ever pushed
	}
	if err != nil {
		return false, fmt.Errorf("read the pipeline's cookie: %w", err)
	}
	cookie := reply.GetConfig().GetCookie()
	return cookie != nil && cookie.GetCookie() == p.cookie, nil
}

// push makes the target run p. Everything that it had installed is gone.
func (c *connection) push(ctx context.Context, p pipeline) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
	defer cancel()
	if _, err := c.SetFwdPipeFromBytes(ctx, p.device, p.p4info, p.cookie); err != nil {
		return fmt.Errorf("push the pipeline: %w", err)
	}
	return nil
}

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
	var entries []SequenceEntry
	for _, e := range entities {
		if found, ok := p.readSequence(e.GetTableEntry()); ok {
			entries = append(entries, found)
		}
	}
	return entries, nil
}

// prepare writes the difference between what the target has and the plan, the sequence entries
// of planned groups apart.
func (c *connection) prepare(ctx context.Context, p *plan) error {
	entities, err := c.readAll(ctx,
		tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}),
		tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMCopy}),
		multicastEntity(&p4v1.MulticastGroupEntry{}),
	)
	if err != nil {
		return fmt.Errorf("read what is installed: %w", err)
	}
	updates := p.difference(p.sort(entities))
	if len(updates) == 0 {
		return nil
	}
	return c.write(ctx, updates...)
}

// sort arranges what was read from a target for the comparison with the plan.
func (p *plan) sort(entities []*p4v1.Entity) installed {
	have := installed{
		copies: make(map[uint16]*p4v1.TableEntry),
		mcast:  make(map[uint32]*p4v1.MulticastGroupEntry),
	}
	for _, entity := range entities {
		if m := entity.GetPacketReplicationEngineEntry().GetMulticastGroupEntry(); m != nil {
			have.mcast[m.GetMulticastGroupId()] = m
			continue
		}
		e := entity.GetTableEntry()
		switch {
		case e.GetIsDefaultAction():
		case e.GetTableId() == p4src.TableOUMCopy:
			have.copies[uint16(matchValue(e, p4src.FieldOUMCopyEgressRID))] = e
		case e.GetTableId() == p4src.TableOUMGroup:
			if _, planned := p.readSequence(e); !planned {
				have.foreign = append(have.foreign, e)
			}
		}
	}
	return have
}

// install writes the sequence entry of (group, session), once.
func (c *connection) install(ctx context.Context, p *plan, group, session uint32, replace bool) error {
	kind := p4v1.Update_INSERT
	if replace {
		kind = p4v1.Update_MODIFY
	}
	return c.write(ctx, tableUpdate(kind, p.sequenceEntry(group, session)))
}

// remove deletes the sequence entry of group.
func (c *connection) remove(ctx context.Context, p *plan, group uint32) error {
	e := p.sequenceEntry(group, 0)
	return c.write(ctx, tableUpdate(p4v1.Update_DELETE, &p4v1.TableEntry{TableId: e.GetTableId(), Match: e.GetMatch()}))
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
