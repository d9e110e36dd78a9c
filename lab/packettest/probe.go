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

// probe is a P4Runtime server under observation. What it does is told in a few words: a gRPC code, what
// a stream says, how much was read.
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

// outcome is the gRPC code of an error, with the codes of the single updates if it has them.
func outcome(err error) string {
	text := status.Code(err).String()
	if list := errorCodes(err); list != nil {
		text += fmt.Sprint(" ", list)
	}
	return text
}

// must ends the test where a step of the preparation fails.
func (p *probe) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// A channel is a StreamChannel of one of several controllers.
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
	// An error is what the next answer is about, too.
	_ = c.rpc.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Arbitration{Arbitration: u}})
}

// answer is what comes next: "primary, 5" for an update that says so with election id 5.
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

// controller opens a stream, takes part with an election id, and returns what it is told.
func (p *probe) controller(id uint64) (*channel, string) {
	p.t.Helper()
	c := p.open()
	c.say(p.arbitration(id))
	return c, c.answer()
}

// primary makes the server serve one controller, with election id 1.
func (p *probe) primary() *channel {
	p.t.Helper()
	c, answer := p.controller(1)
	if answer != "primary, 1" {
		p.t.Fatalf("the only controller is told %q, expected that it is primary", answer)
	}
	return c
}

// running is primary with the pipeline pushed.
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

// read returns the entities, or what went wrong.
func (p *probe) read(e *p4v1.Entity) ([]*p4v1.Entity, error) {
	s := session{client: p.client, deviceID: p.deviceID}
	return s.read(e)
}

// count is how many entities a Read returns, or what went wrong.
func (p *probe) count(e *p4v1.Entity) string {
	found, err := p.read(e)
	if err != nil {
		return outcome(err)
	}
	return fmt.Sprint(len(found), " read")
}

// out sends a packet-out with these metadata.
func (c *channel) out(payload string, metadata ...*p4v1.PacketMetadata) {
	_ = c.rpc.Send(&p4v1.StreamMessageRequest{Update: &p4v1.StreamMessageRequest_Packet{
		Packet: &p4v1.PacketOut{Payload: []byte(payload), Metadata: metadata},
	}})
}

// toCPU is the metadata of a packet-out that comes back.
func toCPU() *p4v1.PacketMetadata {
	return &p4v1.PacketMetadata{MetadataId: p4src.MetadataPacketOutEgressPort, Value: p4src.FormatBits(p4src.CPUPort)}
}

// numbers puts a request to group A in at port 1 and tells the numbers of what comes out of port 2,
// until a packet comes that the group's own replica does not get.
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
		numbers = append(numbers, fmt.Sprint(payload[19])) // the lowest byte is enough here
	}
}
