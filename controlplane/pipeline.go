package controlplane

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

	"github.com/netordered/nopaxos/p4src"
)

// pipeline is what targets run, with the cookie that tells it from others.
type pipeline struct {
	info   *p4configv1.P4Info // without fields that the bindings do not know
	device []byte
	cookie uint64
}

// newPipeline puts our p4info and a compiled program together. The cookie is a digest of both.
func newPipeline(device []byte) (pipeline, error) {
	info, err := p4src.P4Info()
	if err != nil {
		return pipeline{}, err
	}
	binaryInfo, err := proto.MarshalOptions{Deterministic: true}.Marshal(info)
	if err != nil {
		return pipeline{}, fmt.Errorf("controlplane: write p4info: %w", err)
	}
	h := sha256.New()
	h.Write(binaryInfo)
	h.Write(device)
	return pipeline{info: info, device: device, cookie: binary.BigEndian.Uint64(h.Sum(nil))}, nil
}

// cookie returns the cookie of what the target runs; ok is false if no client has ever given it one.
func (c *connection) cookie(ctx context.Context) (cookie uint64, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, rpcTimeout)
	defer cancel()
	reply, err := c.GetForwardingPipelineConfig(ctx, &p4v1.GetForwardingPipelineConfigRequest{
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

// runs reports whether the target runs p.
func (c *connection) runs(ctx context.Context, p pipeline) (bool, error) {
	cookie, ok, err := c.cookie(ctx)
	return ok && cookie == p.cookie, err
}

// push makes the target run p, and leaves no sequence entry there. A target that runs another pipeline is
// asked to keep what forwards by RECONCILE_AND_COMMIT. No capability tells which targets can, so one that
// does not is told to VERIFY_AND_COMMIT, and then everything that it had installed is gone.
func (c *connection) push(ctx context.Context, p pipeline) error {
	ctx, cancel := context.WithTimeout(ctx, pushTimeout)
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

// forgetSequences deletes the sequence entries. BMv2 keeps them at a RECONCILE_AND_COMMIT and clears the
// registers: who found one of them afterwards, perhaps after a crash between the two, would have its session
// count from 1 again.
func (c *connection) forgetSequences(ctx context.Context) error {
	entities, err := c.readAll(ctx, tableEntity(&p4v1.TableEntry{TableId: p4src.TableOUMGroup}))
	if err != nil {
		return err
	}
	var updates []*p4v1.Update
	for key, act := range readTables(entities).entries {
		if act.id == p4src.ActionSequence {
			updates = append(updates, change{kind: changeDelete, key: key}.update())
		}
	}
	if len(updates) == 0 {
		return nil
	}
	return c.write(ctx, updates...)
}

// forgetCopies deletes the multicast groups of the pipeline that is about to be replaced: BMv2 forgets them
// with it and leaves them in its replication engine, so that a group which is made again makes its copies
// twice. It does what it can. A target without a pipeline, which has none, refuses.
func (c *connection) forgetCopies(ctx context.Context) {
	entities, err := c.readAll(ctx, multicastEntity(&p4v1.MulticastGroupEntry{}))
	if err != nil {
		return
	}
	var updates []*p4v1.Update
	for _, ch := range dropMulticast(readTables(entities), newTables()) {
		updates = append(updates, ch.update())
	}
	if len(updates) > 0 {
		_ = c.write(ctx, updates...) // the push that follows is what counts
	}
}

func (c *connection) set(ctx context.Context, p pipeline, action p4v1.SetForwardingPipelineConfigRequest_Action) error {
	_, err := c.SetForwardingPipelineConfig(ctx, &p4v1.SetForwardingPipelineConfigRequest{
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
