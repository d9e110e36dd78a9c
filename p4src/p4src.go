package p4src

import (
	"bytes"
	_ "embed"
	"fmt"

	p4configv1 "github.com/p4lang/p4runtime/go/p4/config/v1"
	"google.golang.org/protobuf/encoding/prototext"
)

//go:generate go run ./compile bmv2

//go:embed generated/oum.p4info.txtpb
var p4infoText []byte

//go:embed generated/oum.json
var bmv2Config []byte

// P4Info returns a fresh copy of the p4info of oum.p4.
//
// It drops fields that are newer than the Go bindings (initial_default_action), so that every server of
// P4Runtime 1.3 or later accepts the result.
func P4Info() (*p4configv1.P4Info, error) {
	info := new(p4configv1.P4Info)
	if err := (prototext.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(p4infoText, info); err != nil {
		return nil, fmt.Errorf("p4src: parse the embedded p4info: %w", err)
	}
	return info, nil
}

// BMv2Config returns a fresh copy of oum.p4 compiled for BMv2: the device config of a
// SetForwardingPipelineConfig to simple_switch_grpc (P4Runtime 1.3 §9.1).
func BMv2Config() []byte { return bytes.Clone(bmv2Config) }
