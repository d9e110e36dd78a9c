package controlplane

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/netordered/nopaxos/controlplane/api"
)

// maxRequest bounds the messages, in bytes, of callers: all of them are small.
const maxRequest = 4096

func serverOptions() []grpc.ServerOption {
	return []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxRequest),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 10 * time.Second, Timeout: 2 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second}),
	}
}

// service is the gRPC side of the controller.
type service struct {
	api.UnimplementedControllerServer
	routes *routes
	status func() Status
	report func(ctx context.Context, group, session uint32, replica int)
}

// Watch implements api.ControllerServer.
func (s *service) Watch(req *api.WatchRequest, stream grpc.ServerStreamingServer[api.GroupState]) error {
	for {
		state, changed, ok := s.routes.state(req.GetGroup())
		if !ok {
			return unknownGroup(req.GetGroup())
		}
		if err := stream.Send(state); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

// Report implements api.ControllerServer.
func (s *service) Report(ctx context.Context, req *api.ReportRequest) (*api.ReportReply, error) {
	state, _, ok := s.routes.state(req.GetGroup())
	if !ok {
		return nil, unknownGroup(req.GetGroup())
	}
	if int64(req.GetReplica()) >= int64(len(state.GetReplicas())) {
		return nil, status.Errorf(codes.InvalidArgument, "replica is %d, group %s has replicas 0 to %d",
			req.GetReplica(), state.GetName(), len(state.GetReplicas())-1)
	}
	s.report(ctx, req.GetGroup(), req.GetSession(), int(req.GetReplica()))
	return &api.ReportReply{}, ctx.Err()
}

// Status implements api.ControllerServer.
func (s *service) Status(context.Context, *api.StatusRequest) (*api.StatusReply, error) {
	return s.status().StatusReply, nil
}

func unknownGroup(group uint32) error {
	return status.Errorf(codes.NotFound, "no group %v in this cluster", addrOf(group))
}
