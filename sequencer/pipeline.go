package sequencer

import (
	"context"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// savedPipeline is a pipeline between VERIFY_AND_SAVE and COMMIT. Writes in between go to its store
// and reach the data plane with the COMMIT.
type savedPipeline struct {
	config *p4v1.ForwardingPipelineConfig
	store  *store
}

// current returns the store that requests refer to, or nil if no pipeline is set.
func (s *Server) current() *store {
	if s.saved != nil {
		return s.saved.store
	}
	return s.running
}

// SetForwardingPipelineConfig sets the pipeline. The target accepts only the contract's p4info; it
// keeps the device configuration for the controller and otherwise ignores it.
func (s *Server) SetForwardingPipelineConfig(_ context.Context, req *p4v1.SetForwardingPipelineConfigRequest) (*p4v1.SetForwardingPipelineConfigResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.arbiter.mayWrite(req); err != nil {
		return nil, err
	}
	if req.GetAction() == p4v1.SetForwardingPipelineConfigRequest_COMMIT {
		return s.commitSaved(req.GetConfig())
	}
	if err := s.verify(req.GetConfig()); err != nil {
		return nil, err
	}
	config := proto.CloneOf(req.GetConfig())
	switch req.GetAction() {
	case p4v1.SetForwardingPipelineConfigRequest_VERIFY:
	case p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_SAVE:
		s.saved = &savedPipeline{config: config, store: newStore(s.contract, nil)}
	case p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT:
		s.commit(config, newStore(s.contract, nil))
	case p4v1.SetForwardingPipelineConfigRequest_RECONCILE_AND_COMMIT:
		if s.running == nil {
			s.commit(config, newStore(s.contract, nil))
		} else {
			s.config, s.saved = config, nil
		}
	default:
		return nil, invalid("action is %v, expected one of VERIFY to RECONCILE_AND_COMMIT", req.GetAction())
	}
	return &p4v1.SetForwardingPipelineConfigResponse{}, nil
}

func (s *Server) verify(config *p4v1.ForwardingPipelineConfig) error {
	if config == nil {
		return invalid("the pipeline configuration is missing")
	}
	if config.GetP4Info() == nil {
		return invalid("the pipeline configuration has no p4info")
	}
	if err := s.contract.verify(config.GetP4Info()); err != nil {
		return invalid("the target cannot realize the pipeline: %v", err)
	}
	return nil
}

func (s *Server) commitSaved(config *p4v1.ForwardingPipelineConfig) (*p4v1.SetForwardingPipelineConfigResponse, error) {
	if config != nil {
		return nil, invalid("COMMIT carries a pipeline configuration, expected none")
	}
	if s.saved == nil {
		return nil, status.Error(codes.NotFound, "COMMIT: no pipeline is saved")
	}
	s.commit(s.saved.config, s.saved.store)
	return &p4v1.SetForwardingPipelineConfigResponse{}, nil
}

func (s *Server) commit(config *p4v1.ForwardingPipelineConfig, entries *store) {
	entries.commit(s.plane)
	s.config, s.running, s.saved = config, entries, nil
	s.log.Info("pipeline committed", "cookie", config.GetCookie().GetCookie())
}

// GetForwardingPipelineConfig returns the committed pipeline. Without one the config is unset.
func (s *Server) GetForwardingPipelineConfig(_ context.Context, req *p4v1.GetForwardingPipelineConfigRequest) (*p4v1.GetForwardingPipelineConfigResponse, error) {
	if req.GetDeviceId() != s.deviceID {
		return nil, status.Errorf(codes.NotFound, "device id is %d, expected %d", req.GetDeviceId(), s.deviceID)
	}
	s.mu.RLock()
	config := s.config // immutable: a commit replaces it
	s.mu.RUnlock()
	if config == nil {
		return &p4v1.GetForwardingPipelineConfigResponse{}, nil
	}
	out := &p4v1.ForwardingPipelineConfig{Cookie: config.GetCookie()}
	switch req.GetResponseType() {
	case p4v1.GetForwardingPipelineConfigRequest_ALL:
		out = config
	case p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY:
	case p4v1.GetForwardingPipelineConfigRequest_P4INFO_AND_COOKIE:
		out.P4Info = config.GetP4Info()
	case p4v1.GetForwardingPipelineConfigRequest_DEVICE_CONFIG_AND_COOKIE:
		out.P4DeviceConfig = config.GetP4DeviceConfig()
	default:
		return nil, invalid("response type is %v, expected one of ALL to DEVICE_CONFIG_AND_COOKIE", req.GetResponseType())
	}
	return &p4v1.GetForwardingPipelineConfigResponse{Config: out}, nil
}
