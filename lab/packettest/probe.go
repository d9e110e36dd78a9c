package packettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/p4src"
)

// probe observes a P4Runtime server and describes its behavior in a few words: a gRPC code, a message of
// a stream, the number of entities read.
type probe struct {
	t        *testing.T
	target   Target
	client   p4v1.P4RuntimeClient
	deviceID uint64
	ctx      context.Context
}

func newProbe(t *testing.T, target Target) *probe {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	client, deviceID := target.P4Runtime()
	return &probe{t: t, target: target, client: client, deviceID: deviceID, ctx: ctx}
}

// outcome returns the gRPC code of an error, with the codes of the single updates if there are any.
func outcome(err error) string {
	text := status.Code(err).String()
	if list := errorCodes(err); list != nil {
		text += fmt.Sprint(" ", list)
	}
	return text
}

// must fails the test if its preparation fails.
func (p *probe) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// channel is the StreamChannel of one controller.
type channel struct {
	rpc    p4v1.P4Runtime_StreamChannelClient
	cancel context.CancelFunc
}

func (p *probe) open() *channel {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.ctx)
	p.t.Cleanup(cancel)
	rpc, err := p.client.StreamChannel(ctx)
	p.must(err)
	return &channel{rpc, cancel}
}

// say sends an arbitration update.
func (c *channel) say(u *p4v1.MasterArbitrationUpdate) {
	// The next answer reports the same error.
	_ = c.rpc.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Arbitration{Arbitration: u}})
}

// answer describes the next message: "primary, 5" for an update that makes the controller primary with
// election id 5.
func (c *channel) answer() string {
	m, err := c.rpc.Recv()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return "the stream ended"
		}
		return "the stream ended: " + status.Code(err).String()
	}
	switch u := m.GetUpdate().(type) {
	case *p4v1.StreamMessageResponse_Arbitration:
		who := map[codes.Code]string{
			codes.OK: "primary", codes.AlreadyExists: "backup", codes.NotFound: "no primary",
		}[codes.Code(u.Arbitration.GetStatus().GetCode())]
		return fmt.Sprintf("%s, %d", who, u.Arbitration.GetElectionId().GetLow())
	case *p4v1.StreamMessageResponse_Packet:
		return "packet-in " + string(u.Packet.GetPayload())
	case *p4v1.StreamMessageResponse_Error:
		return "error " + codes.Code(u.Error.GetCanonicalCode()).String()
	default:
		return fmt.Sprintf("%T", u)
	}
}

func (p *probe) arbitration(id uint64) *p4v1.MasterArbitrationUpdate {
	return &p4v1.MasterArbitrationUpdate{DeviceId: p.deviceID, ElectionId: &p4v1.Uint128{Low: id}}
}

// controller opens a stream, sends an arbitration update and returns the answer.
func (p *probe) controller(id uint64) (*channel, string) {
	p.t.Helper()
	c := p.open()
	c.say(p.arbitration(id))
	return c, c.answer()
}

// primary opens the stream of the only controller, with election id 1.
func (p *probe) primary() *channel {
	p.t.Helper()
	c, answer := p.controller(1)
	if answer != "primary, 1" {
		p.t.Fatalf("the answer to the only controller is %q, expected \"primary, 1\"", answer)
	}
	return c
}

// running is primary with a committed pipeline.
func (p *probe) running() *channel {
	p.t.Helper()
	c := p.primary()
	p.must(p.push(p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT, p.config()))
	return c
}

func (p *probe) config() *p4v1.ForwardingPipelineConfig {
	p.t.Helper()
	info, err := p4src.P4Info()
	p.must(err)
	return &p4v1.ForwardingPipelineConfig{
		P4Info: info, P4DeviceConfig: p.target.DeviceConfig(),
		Cookie: &p4v1.ForwardingPipelineConfig_Cookie{Cookie: 77},
	}
}

func (p *probe) push(action p4v1.SetForwardingPipelineConfigRequest_Action, config *p4v1.ForwardingPipelineConfig) error {
	_, err := p.client.SetForwardingPipelineConfig(p.ctx, &p4v1.SetForwardingPipelineConfigRequest{
		DeviceId: p.deviceID, ElectionId: &p4v1.Uint128{Low: 1}, Action: action, Config: config,
	})
	return err
}

func (p *probe) write(lists ...[]*p4v1.Update) error {
	return p.writeAs(&p4v1.Uint128{Low: 1}, p4v1.WriteRequest_CONTINUE_ON_ERROR, lists...)
}

func (p *probe) writeAs(id *p4v1.Uint128, atomicity p4v1.WriteRequest_Atomicity, lists ...[]*p4v1.Update) error {
	req := &p4v1.WriteRequest{DeviceId: p.deviceID, ElectionId: id, Atomicity: atomicity}
	for _, l := range lists {
		req.Updates = append(req.Updates, l...)
	}
	_, err := p.client.Write(p.ctx, req)
	return err
}

// read returns the entities that match.
func (p *probe) read(e *p4v1.Entity) ([]*p4v1.Entity, error) {
	s := session{client: p.client, deviceID: p.deviceID}
	return s.read(e)
}

// count describes the result of a Read: the number of entities, or the error.
func (p *probe) count(e *p4v1.Entity) string {
	found, err := p.read(e)
	if err != nil {
		return outcome(err)
	}
	return fmt.Sprint(len(found), " read")
}

// out sends a packet-out.
func (c *channel) out(payload string, metadata ...*p4v1.PacketMetadata) {
	_ = c.rpc.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Packet{
		Packet: &p4v1.PacketOut{Payload: []byte(payload), Metadata: metadata},
	}})
}

// toCPU returns the metadata of a packet-out to the CPU port.
func toCPU() *p4v1.PacketMetadata {
	return &p4v1.PacketMetadata{MetadataId: p4src.MetadataPacketOutEgressPort, Value: p4src.FormatBits(p4src.CPUPort)}
}

// numbers sends a request to g in at port 1 and returns the message numbers of its copies at port 2. A
// request to the sentinels' group marks the end.
func (p *probe) numbers(g group) string {
	p.t.Helper()
	req := g.request(p.target.Host(1), "op")
	p.must(p.target.Inject(1, req.Frame()))
	end := request(p.target.Host(1), sentinelGroup, "end")
	p.must(p.target.Inject(1, end.Frame()))
	var numbers []string
	for {
		frame, err := p.target.Receive(2, time.Now().Add(patience))
		p.must(err)
		payload, _ := UDPPayload(frame)
		if len(payload) < 28 {
			p.t.Fatalf("this came out of port 2:\n%s", Describe(frame))
		}
		if strings.HasSuffix(string(payload), "end") {
			return strings.Join(numbers, " ")
		}
		numbers = append(numbers, fmt.Sprint(payload[19])) // the lowest byte
	}
}
