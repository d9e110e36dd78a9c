package sequencer_test

import (
	"testing"

	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/anypb"
)

func TestArbitrationHighestIsPrimary(t *testing.T) {
	tg := newTarget(t)
	a, b, c := tg.open(), tg.open(), tg.open()

	a.arbitrate(deviceID, 10)
	a.wantArbitration(codes.OK, 10)
	b.arbitrate(deviceID, 5)
	b.wantArbitration(codes.AlreadyExists, 10) // only the new backup gets a notice
	c.arbitrate(deviceID, 20)
	c.wantArbitration(codes.OK, 20)
	a.wantArbitration(codes.AlreadyExists, 20)
	b.wantArbitration(codes.AlreadyExists, 20)

	if err := tg.commit(10); status.Code(err) != codes.PermissionDenied {
		t.Errorf("pipeline by a deposed primary: %v, want PERMISSION_DENIED", err)
	}
	if err := tg.commit(20); err != nil {
		t.Errorf("pipeline by the primary: %v", err)
	}
}

func TestArbitrationPrimaryLeaves(t *testing.T) {
	tg := newTarget(t)
	a, b := tg.open(), tg.open()
	a.arbitrate(deviceID, 10)
	a.wantArbitration(codes.OK, 10)
	b.arbitrate(deviceID, 5)
	b.wantArbitration(codes.AlreadyExists, 10)

	a.cancel()
	b.wantArbitration(codes.NotFound, 10) // the backup is not promoted
	if err := tg.commit(5); status.Code(err) != codes.PermissionDenied {
		t.Errorf("pipeline without a primary: %v, want PERMISSION_DENIED", err)
	}
	b.arbitrate(deviceID, 9) // below the highest ever seen
	b.wantArbitration(codes.NotFound, 10)
	b.arbitrate(deviceID, 10) // the id of the former primary
	b.wantArbitration(codes.OK, 10)
	if err := tg.commit(10); err != nil {
		t.Error(err)
	}
}

func TestArbitrationPrimaryStepsDown(t *testing.T) {
	tg := newTarget(t)
	a, b := tg.open(), tg.open()
	a.arbitrate(deviceID, 10)
	a.wantArbitration(codes.OK, 10)
	b.arbitrate(deviceID, 5)
	b.wantArbitration(codes.AlreadyExists, 10)
	a.arbitrate(deviceID, 4)
	a.wantArbitration(codes.NotFound, 10)
	b.wantArbitration(codes.NotFound, 10)
}

func TestArbitrationRepeatedUpdateIsAnswered(t *testing.T) {
	tg := newTarget(t)
	a := tg.open()
	for range 3 {
		a.arbitrate(deviceID, 10)
		a.wantArbitration(codes.OK, 10)
	}
}

func TestArbitrationWithoutElectionID(t *testing.T) {
	tg := newTarget(t)
	a, b := tg.open(), tg.open()
	for _, s := range []*stream{a, b} { // a missing id is not a duplicate
		s.update(&p4v1.MasterArbitrationUpdate{DeviceId: deviceID})
		s.wantArbitration(codes.NotFound, 0)
	}
}

func TestArbitration128Bits(t *testing.T) {
	tg := newTarget(t)
	a, b := tg.open(), tg.open()
	a.arbitrate(deviceID, 1<<63)
	a.wantArbitration(codes.OK, 1<<63)
	b.update(&p4v1.MasterArbitrationUpdate{DeviceId: deviceID, ElectionId: &p4v1.Uint128{High: 1, Low: 2}})
	b.wantArbitration(codes.OK, 2)
	a.wantArbitration(codes.AlreadyExists, 2)
	if err := tg.commit(2); status.Code(err) != codes.PermissionDenied {
		t.Errorf("pipeline with the low half of the primary's election id: %v, want PERMISSION_DENIED", err)
	}
}

func TestArbitrationErrorsEndTheStream(t *testing.T) {
	update := func(device uint64, low uint64, role *p4v1.Role) *p4v1.MasterArbitrationUpdate {
		return &p4v1.MasterArbitrationUpdate{DeviceId: device, ElectionId: election(low), Role: role}
	}
	tests := []struct {
		name          string
		first, second *p4v1.MasterArbitrationUpdate
		code          codes.Code
	}{
		{"unknown device", nil, update(8, 5, nil), codes.NotFound},
		{"duplicate election id", nil, update(deviceID, 10, nil), codes.InvalidArgument},
		{"unknown role", nil, update(deviceID, 5, &p4v1.Role{Name: "x"}), codes.InvalidArgument},
		{"role configuration", nil, update(deviceID, 5, &p4v1.Role{Config: &anypb.Any{}}), codes.InvalidArgument},
		{"another device later", update(deviceID, 5, nil), update(8, 5, nil), codes.FailedPrecondition},
		{"another role later", update(deviceID, 5, nil), update(deviceID, 5, &p4v1.Role{Name: "x"}), codes.FailedPrecondition},
		{"duplicate election id later", update(deviceID, 5, nil), update(deviceID, 10, nil), codes.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg := newTarget(t)
			primary, s := tg.open(), tg.open()
			primary.arbitrate(deviceID, 10)
			primary.wantArbitration(codes.OK, 10)
			if tt.first != nil {
				s.update(tt.first)
				s.wantArbitration(codes.AlreadyExists, 10)
			}
			s.update(tt.second)
			s.wantEnd(tt.code)
			// The primary stays.
			if err := tg.commit(10); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStopEndsStreams(t *testing.T) {
	tg := newTarget(t)
	s := tg.open()
	s.arbitrate(deviceID, 1)
	s.wantArbitration(codes.OK, 1)
	tg.server.Stop()
	s.wantEnd(codes.Unavailable)
}
