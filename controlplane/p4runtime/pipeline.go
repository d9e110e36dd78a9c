package p4runtime

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

// Pipeline is a switch program, with the cookie that identifies it on a target.
type Pipeline struct {
	info   *p4configv1.P4Info // without fields that the bindings do not know
	device []byte
	cookie uint64
}

// NewPipeline returns the pipeline of our p4info and a compiled program. The cookie is a digest of both.
func NewPipeline(device []byte) (Pipeline, error) {
	info, err := p4src.P4Info()
	if err != nil {
		return Pipeline{}, err
	}
	binaryInfo, err := proto.MarshalOptions{Deterministic: true}.Marshal(info)
	if err != nil {
		return Pipeline{}, fmt.Errorf("p4runtime: write p4info: %w", err)
	}
	h := sha256.New()
	h.Write(binaryInfo)
	h.Write(device)
	return Pipeline{info: info, device: device, cookie: binary.BigEndian.Uint64(h.Sum(nil))}, nil
}

// cookie returns the cookie of the target's pipeline; ok is false if no client has ever set one.
func (c *Conn) cookie(ctx context.Context) (cookie uint64, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	reply, err := c.client.GetForwardingPipelineConfig(ctx, &p4v1.GetForwardingPipelineConfigRequest{
		DeviceId:     c.deviceID,
		ResponseType: p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY,
	})
	switch status.Code(err) {
	case codes.OK:
		return reply.GetConfig().GetCookie().GetCookie(), reply.GetConfig().GetCookie() != nil, nil
	case codes.FailedPrecondition, codes.NotFound:
		return 0, false, nil // a switch that was started with a program of its own answers so, too
	}
	return 0, false, fmt.Errorf("read the pipeline's cookie: %w", err)
}

// Runs reports whether the target runs p.
func (c *Conn) Runs(p Pipeline) (bool, error) {
	cookie, ok, err := c.cookie(c.ctx)
	return ok && cookie == p.cookie, err
}

// Push makes the target run p, and leaves no sequence entry there. A target that runs another pipeline is asked to keep
// its other entries by RECONCILE_AND_COMMIT. No capability tells which targets can, so after a refusal it is given
// VERIFY_AND_COMMIT, which deletes everything that it had installed.
func (c *Conn) Push(p Pipeline) error {
	ctx, cancel := context.WithTimeout(c.ctx, pushTimeout)
	defer cancel()
	c.writing.Lock()
	defer c.writing.Unlock()
	c.have = nil
	_, running, err := c.cookie(ctx)
	if err != nil {
		return err
	}
	if running && c.forgetSequences(ctx) == nil && c.set(ctx, p, p4v1.SetForwardingPipelineConfigRequest_RECONCILE_AND_COMMIT) == nil {
		return nil
	}
	c.forgetCopies(ctx)
	if err := c.set(ctx, p, p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT); err != nil {
		return fmt.Errorf("push the pipeline: %w", err)
	}
	return nil
}

// forgetSequences deletes the sequence entries. BMv2 keeps them at a RECONCILE_AND_COMMIT and clears the registers: a
// controller that found one of them afterwards, perhaps after a crash between the two, would see its session count from
// 1 again.
func (c *Conn) forgetSequences(ctx context.Context) error {
	have, err := read(ctx, c.client, c.deviceID, tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}))
	if err != nil {
		return err
	}
	var changes []tables.Change
	for key, act := range have.Entries {
		if act.ID == p4src.ActionSequence {
			changes = append(changes, tables.Change{Kind: tables.Delete, Key: key})
		}
	}
	return c.write(ctx, changes)
}

// forgetCopies deletes the multicast groups of the pipeline that is about to be replaced: BMv2 forgets them with it but
// leaves them in its replication engine, where a group that is created again makes its copies twice. Failures do not
// count: a target without a pipeline, which has no such groups, refuses.
func (c *Conn) forgetCopies(ctx context.Context) {
	have, err := read(ctx, c.client, c.deviceID, multicastEntity(&p4v1.MulticastGroupEntry{}))
	if err == nil {
		_ = c.write(ctx, tables.DropMulticast(have, tables.New())) // the push that follows decides
	}
}

func (c *Conn) set(ctx context.Context, p Pipeline, action p4v1.SetForwardingPipelineConfigRequest_Action) error {
	_, err := c.client.SetForwardingPipelineConfig(ctx, &p4v1.SetForwardingPipelineConfigRequest{
		DeviceId:   c.deviceID,
		ElectionId: c.election,
		Action:     action,
		Config: &p4v1.ForwardingPipelineConfig{
			P4Info:         p.info,
			P4DeviceConfig: p.device,
			Cookie:         &p4v1.ForwardingPipelineConfig_Cookie{Cookie: p.cookie},
		},
	})
	return err
}
