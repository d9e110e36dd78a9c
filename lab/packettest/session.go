package packettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
)

// patience bounds every wait for a target. Only a failing test waits so long.
const patience = 30 * time.Second

// elections counts the sessions of this process. Each has a higher election id than the last one, which
// the target may still consider connected.
var elections atomic.Uint64

// session is a connection to a target as its primary controller.
type session struct {
	client   p4v1.P4RuntimeClient
	deviceID uint64
	election *p4v1.Uint128
	stream   p4v1.P4Runtime_StreamChannelClient
	messages chan *p4v1.StreamMessageResponse
	cancel   context.CancelFunc
}

// open connects to a target and becomes its primary.
func open(client p4v1.P4RuntimeClient, deviceID uint64) (*session, error) {
	ctx, cancel := context.WithCancel(context.Background())
	stream, err := client.StreamChannel(ctx)
	if err != nil {
		cancel()
		return nil, fmt.Errorf("open the stream: %w", err)
	}
	s := &session{
		client: client, deviceID: deviceID, election: &p4v1.Uint128{Low: elections.Add(1)},
		stream: stream, cancel: cancel,
		messages: make(chan *p4v1.StreamMessageResponse, 1024),
	}
	go func() {
		defer close(s.messages)
		for {
			m, err := stream.Recv()
			if err != nil {
				return // next reports the closed channel
			}
			s.messages <- m
		}
	}()
	err = stream.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Arbitration{
		Arbitration: &p4v1.MasterArbitrationUpdate{DeviceId: deviceID, ElectionId: s.election},
	}})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("send the arbitration: %w", err)
	}
	m, err := s.next(time.Now().Add(patience))
	if err != nil {
		cancel()
		return nil, fmt.Errorf("arbitration: %w", err)
	}
	if u := m.GetArbitration(); u == nil || u.GetStatus().GetCode() != int32(codes.OK) {
		cancel()
		return nil, fmt.Errorf("arbitration: the answer is %v, expected status OK", m)
	}
	return s, nil
}

// close ends the session and waits for its goroutine.
func (s *session) close() {
	s.cancel()
	for range s.messages {
	}
}

// next returns the next message of the target.
func (s *session) next(deadline time.Time) (*p4v1.StreamMessageResponse, error) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case m, ok := <-s.messages:
		if !ok {
			return nil, errors.New("the target closed the stream")
		}
		return m, nil
	case <-timer.C:
		return nil, errors.New("no message from the target before the deadline")
	}
}

// push installs the pipeline.
func (s *session) push(device []byte) error {
	info, err := p4src.P4Info()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = s.client.SetForwardingPipelineConfig(ctx, &p4v1.SetForwardingPipelineConfigRequest{
		DeviceId: s.deviceID, ElectionId: s.election,
		Action: p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT,
		Config: &p4v1.ForwardingPipelineConfig{
			P4Info: info, P4DeviceConfig: device,
			Cookie: &p4v1.ForwardingPipelineConfig_Cookie{Cookie: 1},
		},
	})
	if err != nil {
		return fmt.Errorf("push the pipeline: %w", err)
	}
	return nil
}

// removeMulticast deletes all multicast groups if there is a pipeline. A push should remove them, but
// BMv2's P4Runtime server leaves them in the replication engine, where a new group of the same number
// also makes the copies of the old one.
func (s *session) removeMulticast() error {
	groups, err := s.read(multicastEntity(&p4v1.MulticastGroupEntry{}))
	if status.Code(err) == codes.FailedPrecondition {
		return nil
	}
	if err != nil || len(groups) == 0 {
		return err
	}
	return s.write(deletes(groups...))
}

// write sends one request.
func (s *session) write(list []*p4v1.Update) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := s.client.Write(ctx, &p4v1.WriteRequest{DeviceId: s.deviceID, ElectionId: s.election, Updates: list})
	if err == nil {
		return nil
	}
	for i, code := range errorCodes(err) {
		if code != codes.OK {
			return fmt.Errorf("write: update %d (%v): %v: %w", i, list[i], code, err)
		}
	}
	return fmt.Errorf("write: %w", err)
}

// errorCodes returns the code of each update of a failed Write, or nil if the error has no details.
func errorCodes(err error) []codes.Code {
	var list []codes.Code
	for _, d := range status.Convert(err).Details() {
		if e, ok := d.(*p4v1.Error); ok {
			list = append(list, codes.Code(e.GetCanonicalCode()))
		}
	}
	return list
}

// read returns the entities that match.
func (s *session) read(wildcards ...*p4v1.Entity) ([]*p4v1.Entity, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	stream, err := s.client.Read(ctx, &p4v1.ReadRequest{DeviceId: s.deviceID, Entities: wildcards})
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

// packetOut sends a packet out of a port of the target.
func (s *session) packetOut(port int, payload []byte) error {
	return s.stream.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Packet{Packet: &p4v1.PacketOut{
		Payload: payload,
		Metadata: []*p4v1.PacketMetadata{{
			MetadataId: p4src.MetadataPacketOutEgressPort, Value: p4src.FormatBits(uint64(port)),
		}},
	}}})
}
