// Package bmv2 runs BMv2, the reference software switch (simple_switch_grpc of p4lang/behavioral-model),
// as a sequencer or as a switch between sequencer and replicas: [Start] starts one with its interfaces
// and the port to the controller, waits until its P4Runtime server answers, and [Switch.Stop] ends it. The
// switch starts without a program; the controller pushes p4src/oum.p4 like to any other target (P4Runtime
// 1.3 §7, SetForwardingPipelineConfig).
//
// Package bmv2/packettest is the packet-level test suite; its run against a real switch is a test here.
package bmv2
