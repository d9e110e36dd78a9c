package sequencer

import (
	"errors"
	"io"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// sendQueue bounds the messages queued for a controller. Packets that do not fit are dropped; an
// arbitration notice that does not fit ends the stream.
const sendQueue = 256

// stream is one StreamChannel with the queue of its messages.
type stream struct {
	server     *Server
	rpc        p4v1.P4Runtime_StreamChannelServer
	controller *controller
	out        chan *p4v1.StreamMessageResponse
	overflow   chan struct{} // closed when a notice did not fit
	overflowed bool          // overflow is closed; guarded by the server's mutex
}

// StreamChannel serves one controller's arbitration, packet-outs and packet-ins.
func (s *Server) StreamChannel(rpc p4v1.P4Runtime_StreamChannelServer) error {
	st := &stream{
		server:   s,
		rpc:      rpc,
		out:      make(chan *p4v1.StreamMessageResponse, sendQueue),
		overflow: make(chan struct{}),
	}
	st.controller = &controller{send: st.notify, offer: st.offer}
	defer s.leave(st.controller)

	requests := make(chan *p4v1.StreamMessageRequest)
	failed := make(chan error, 1)
	go func() {
		for {
			req, err := rpc.Recv()
			if err != nil {
				failed <- err
				return
			}
			select {
			case requests <- req:
			case <-rpc.Context().Done():
				return
			}
		}
	}()
	return st.loop(requests, failed)
}

// loop is the stream's only sender, so that messages leave in the order of their causes.
func (st *stream) loop(requests <-chan *p4v1.StreamMessageRequest, failed <-chan error) error {
	for {
		select {
		case req := <-requests:
			if err := st.handle(req); err != nil {
				return err
			}
		case msg := <-st.out:
			if err := st.rpc.Send(msg); err != nil {
				return err
			}
		case err := <-failed:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		case <-st.overflow:
			return status.Errorf(codes.ResourceExhausted, "the controller left %d messages unread", sendQueue)
		case <-st.server.stopping:
			return status.Error(codes.Unavailable, "the sequencer is stopping")
		}
	}
}

func (st *stream) handle(req *p4v1.StreamMessageRequest) error {
	switch x := req.GetUpdate().(type) {
	case *p4v1.StreamMessageRequest_Arbitration:
		return st.server.arbitrate(st.controller, x.Arbitration)
	case *p4v1.StreamMessageRequest_Packet:
		if err := st.server.packetOut(st.controller, x.Packet); err != nil {
			st.offer(&p4v1.StreamMessageResponse{Update: &p4v1.StreamMessageResponse_Error{
				Error: packetOutError(x.Packet, err),
			}})
		}
	case *p4v1.StreamMessageRequest_DigestAck:
		st.offer(&p4v1.StreamMessageResponse{Update: &p4v1.StreamMessageResponse_Error{Error: &p4v1.StreamError{
			CanonicalCode: int32(codes.InvalidArgument),
			Message:       "the pipeline has no digests",
			Details:       &p4v1.StreamError_DigestListAck{DigestListAck: &p4v1.DigestListAckError{DigestListAck: x.DigestAck}},
		}}})
	default:
		st.offer(&p4v1.StreamMessageResponse{Update: &p4v1.StreamMessageResponse_Error{Error: &p4v1.StreamError{
			CanonicalCode: int32(codes.Unimplemented),
			Message:       "expected an arbitration update or a packet-out",
			Details:       &p4v1.StreamError_Other{Other: &p4v1.StreamOtherError{Other: req.GetOther()}},
		}}})
	}
	return nil
}

func packetOutError(p *p4v1.PacketOut, err error) *p4v1.StreamError {
	st := status.Convert(err)
	return &p4v1.StreamError{
		CanonicalCode: int32(st.Code()),
		Message:       st.Message(),
		Details:       &p4v1.StreamError_PacketOut{PacketOut: &p4v1.PacketOutError{PacketOut: p}},
	}
}

// offer queues a message that may be lost.
func (st *stream) offer(msg *p4v1.StreamMessageResponse) bool {
	select {
	case st.out <- msg:
		return true
	default:
		return false
	}
}

// notify queues a message that must not be lost, or ends the stream. The server's mutex is held.
func (st *stream) notify(msg *p4v1.StreamMessageResponse) {
	if !st.offer(msg) && !st.overflowed {
		st.overflowed = true
		close(st.overflow)
	}
}
