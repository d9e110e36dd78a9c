package sequencer_test

import (
	"slices"
	"testing"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/netordered/nopaxos/p4src"
)

const (
	verify          = p4v1.SetForwardingPipelineConfigRequest_VERIFY
	verifyAndSave   = p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_SAVE
	verifyAndCommit = p4v1.SetForwardingPipelineConfigRequest_VERIFY_AND_COMMIT
	commit          = p4v1.SetForwardingPipelineConfigRequest_COMMIT
	reconcile       = p4v1.SetForwardingPipelineConfigRequest_RECONCILE_AND_COMMIT
)

func (tg *target) getPipeline(typ p4v1.GetForwardingPipelineConfigRequest_ResponseType) *p4v1.ForwardingPipelineConfig {
	tg.t.Helper()
	resp, err := tg.client.GetForwardingPipelineConfig(ctx(tg.t), &p4v1.GetForwardingPipelineConfigRequest{
		DeviceId: deviceID, ResponseType: typ,
	})
	if err != nil {
		tg.t.Fatal(err)
	}
	return resp.GetConfig()
}

func TestPipelineGet(t *testing.T) {
	tg, _ := newPrimary(t)
	want := pipeline(t, 42)
	tests := []struct {
		typ  p4v1.GetForwardingPipelineConfigRequest_ResponseType
		want *p4v1.ForwardingPipelineConfig
	}{
		{p4v1.GetForwardingPipelineConfigRequest_ALL, want},
		{p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY, &p4v1.ForwardingPipelineConfig{Cookie: want.Cookie}},
		{p4v1.GetForwardingPipelineConfigRequest_P4INFO_AND_COOKIE, &p4v1.ForwardingPipelineConfig{Cookie: want.Cookie, P4Info: want.P4Info}},
		{p4v1.GetForwardingPipelineConfigRequest_DEVICE_CONFIG_AND_COOKIE, &p4v1.ForwardingPipelineConfig{Cookie: want.Cookie, P4DeviceConfig: want.P4DeviceConfig}},
	}
	for _, tt := range tests {
		if got := tg.getPipeline(tt.typ); !proto.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.typ, got, tt.want)
		}
	}
	_, err := tg.client.GetForwardingPipelineConfig(ctx(t), &p4v1.GetForwardingPipelineConfigRequest{DeviceId: 8})
	if status.Code(err) != codes.NotFound {
		t.Errorf("unknown device: %v, want NOT_FOUND", err)
	}
	_, err = tg.client.GetForwardingPipelineConfig(ctx(t), &p4v1.GetForwardingPipelineConfigRequest{DeviceId: deviceID, ResponseType: 99})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("unknown response type: %v, want INVALID_ARGUMENT", err)
	}
}

func TestNoPipeline(t *testing.T) {
	tg := newTarget(t)
	s := tg.open()
	s.arbitrate(deviceID, 1)
	s.wantArbitration(codes.OK, 1)
	if got := tg.getPipeline(p4v1.GetForwardingPipelineConfigRequest_ALL); got != nil {
		t.Errorf("got %v, want no config", got)
	}
	if err := tg.write(insert(multicastEntity(1))); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Write: %v, want FAILED_PRECONDITION", err)
	}
	if _, err := tg.read(multicastEntity(0)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("Read: %v, want FAILED_PRECONDITION", err)
	}
	if err := tg.setPipeline(1, verify, pipeline(t, 1)); err != nil {
		t.Errorf("VERIFY: %v", err)
	}
	if got := tg.getPipeline(p4v1.GetForwardingPipelineConfigRequest_ALL); got != nil {
		t.Errorf("after VERIFY got %v, want no config", got)
	}
}

// sequenceOf returns the action sequence of a p4info.
func sequenceOf(p *p4configv1.P4Info) *p4configv1.Action {
	i := slices.IndexFunc(p.Actions, func(a *p4configv1.Action) bool { return a.Preamble.Id == p4src.ActionSequence })
	return p.Actions[i]
}

func TestPipelineRefused(t *testing.T) {
	with := func(change func(*p4configv1.P4Info)) *p4v1.ForwardingPipelineConfig {
		cfg := pipeline(t, 1)
		change(cfg.P4Info)
		return cfg
	}
	tests := []struct {
		name   string
		action p4v1.SetForwardingPipelineConfigRequest_Action
		config *p4v1.ForwardingPipelineConfig
		code   codes.Code
	}{
		{"no action", 0, pipeline(t, 1), codes.InvalidArgument},
		{"unknown action", 99, pipeline(t, 1), codes.InvalidArgument},
		{"no config", verifyAndCommit, nil, codes.InvalidArgument},
		{"no p4info", verify, &p4v1.ForwardingPipelineConfig{}, codes.InvalidArgument},
		{"commit with config", commit, pipeline(t, 1), codes.InvalidArgument},
		{"commit of nothing", commit, nil, codes.NotFound},
		{"another table id", verify, with(func(p *p4configv1.P4Info) { p.Tables[0].Preamble.Id++ }), codes.InvalidArgument},
		{"missing table", verifyAndSave, with(func(p *p4configv1.P4Info) { p.Tables = p.Tables[1:] }), codes.InvalidArgument},
		{"extra table", verifyAndSave, with(func(p *p4configv1.P4Info) {
			more := proto.CloneOf(p.Tables[0])
			more.Preamble.Id = 0x02000099
			p.Tables = append(p.Tables, more)
		}), codes.InvalidArgument},
		{"another width", reconcile, with(func(p *p4configv1.P4Info) { p.Tables[1].MatchFields[0].Bitwidth = 128 }), codes.InvalidArgument},
		{"another parameter", verifyAndCommit, with(func(p *p4configv1.P4Info) { sequenceOf(p).Params[0].Id = 9 }), codes.InvalidArgument},
		{"another name", verifyAndCommit, with(func(p *p4configv1.P4Info) { sequenceOf(p).Preamble.Name = "x" }), codes.InvalidArgument},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tg, _ := newPrimary(t)
			tg.mustWrite(insert(multicastEntity(1)))
			if err := tg.setPipeline(1, tt.action, tt.config); status.Code(err) != tt.code {
				t.Errorf("got %v, want %v", err, tt.code)
			}
			if _, groups, _ := tg.plane.count(); groups != 1 {
				t.Error("a refused pipeline changed the forwarding state")
			}
		})
	}
}

func TestPipelineDocumentationMayDiffer(t *testing.T) {
	tg, _ := newPrimary(t)
	cfg := pipeline(t, 1)
	cfg.P4Info.PkgInfo = &p4configv1.PkgInfo{Name: "oum", Arch: "tna"}
	cfg.P4Info.Tables[0].Preamble.Annotations = []string{"@hidden"}
	cfg.P4Info.Tables[0].ActionRefs[0].Annotations = nil
	cfg.P4Info.Tables[1].ProtoReflect().SetUnknown([]byte{0x28, 1}) // a field newer than the bindings
	if err := tg.setPipeline(1, verify, cfg); err != nil {
		t.Error(err)
	}
}

func TestPipelineCommitWipes(t *testing.T) {
	tg, _ := newPrimary(t)
	tg.mustWrite(insert(multicastEntity(9)), insert(tableEntity(groupEntry(1, sequence(0, 1)))))
	if err := tg.commit(1); err != nil {
		t.Fatal(err)
	}
	found, err := tg.read(tableEntity(&p4v1.TableEntry{}), multicastEntity(0))
	if err != nil || len(found) != 0 {
		t.Errorf("after VERIFY_AND_COMMIT: %v, %v, want nothing", found, err)
	}
	if entries, groups, _ := tg.plane.count(); entries != 0 || groups != 0 {
		t.Errorf("the data plane has %d entries and %d groups, want none", entries, groups)
	}
}

func TestPipelineReconcileKeeps(t *testing.T) {
	tg, _ := newPrimary(t)
	tg.mustWrite(insert(multicastEntity(9)))
	_, _, clears := tg.plane.count()
	if err := tg.setPipeline(1, reconcile, pipeline(t, 77)); err != nil {
		t.Fatal(err)
	}
	if _, groups, now := tg.plane.count(); groups != 1 || now != clears {
		t.Error("the data plane was cleared")
	}
	if got := tg.getPipeline(p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY).GetCookie().GetCookie(); got != 77 {
		t.Errorf("cookie is %d, want 77", got)
	}
}

// TestPipelineSaveThenCommit checks that writes after VERIFY_AND_SAVE go to the saved pipeline, which
// replaces the running state with the COMMIT.
func TestPipelineSaveThenCommit(t *testing.T) {
	tg, _ := newPrimary(t)
	tg.mustWrite(insert(multicastEntity(1)))
	if err := tg.setPipeline(1, verifyAndSave, pipeline(t, 43)); err != nil {
		t.Fatal(err)
	}
	tg.mustWrite(
		insert(multicastEntity(2)),
		insert(multicastEntity(3)),
		insert(tableEntity(groupEntry(1, sequence(0, 1)))),
	)
	if entries, groups, _ := tg.plane.count(); entries != 0 || groups != 1 {
		t.Errorf("before COMMIT the data plane has %d entries and %d groups, want 0 and 1", entries, groups)
	}
	if got := tg.getPipeline(p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY).GetCookie().GetCookie(); got != 42 {
		t.Errorf("before COMMIT the cookie is %d, want 42", got)
	}
	data := &p4v1.CounterData{PacketCount: 1}
	if err := tg.write(modify(counterEntity(groupEntry(1, nil), data))); details(t, err)[0] != codes.Unimplemented {
		t.Errorf("counter of a saved pipeline: %v, want UNIMPLEMENTED", err)
	}
	if err := tg.setPipeline(1, commit, nil); err != nil {
		t.Fatal(err)
	}
	if entries, groups, _ := tg.plane.count(); entries != 1 || groups != 2 {
		t.Errorf("after COMMIT the data plane has %d entries and %d groups, want 1 and 2", entries, groups)
	}
	if got := tg.getPipeline(p4v1.GetForwardingPipelineConfigRequest_COOKIE_ONLY).GetCookie().GetCookie(); got != 43 {
		t.Errorf("after COMMIT the cookie is %d, want 43", got)
	}
	if err := tg.setPipeline(1, commit, nil); status.Code(err) != codes.NotFound {
		t.Errorf("second COMMIT: %v, want NOT_FOUND", err)
	}
}

func TestPipelineWriters(t *testing.T) {
	tg, _ := newPrimary(t)
	tests := []struct {
		name string
		req  *p4v1.SetForwardingPipelineConfigRequest
		code codes.Code
	}{
		{"unknown device", &p4v1.SetForwardingPipelineConfigRequest{DeviceId: 8, ElectionId: election(1)}, codes.NotFound},
		{"unknown role", &p4v1.SetForwardingPipelineConfigRequest{DeviceId: deviceID, Role: "x", ElectionId: election(1)}, codes.NotFound},
		{"not primary", &p4v1.SetForwardingPipelineConfigRequest{DeviceId: deviceID, ElectionId: election(2)}, codes.PermissionDenied},
	}
	for _, tt := range tests {
		tt.req.Action, tt.req.Config = verifyAndCommit, pipeline(t, 1)
		if _, err := tg.client.SetForwardingPipelineConfig(ctx(t), tt.req); status.Code(err) != tt.code {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.code)
		}
	}
}

func TestCapabilities(t *testing.T) {
	tg := newTarget(t)
	resp, err := tg.client.Capabilities(ctx(t), &p4v1.CapabilitiesRequest{})
	if err != nil || resp.GetP4RuntimeApiVersion() == "" {
		t.Errorf("got %v, %v, want a version", resp, err)
	}
}
