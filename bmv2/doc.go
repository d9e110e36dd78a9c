// Package bmv2 runs BMv2, the reference software switch (simple_switch_grpc of p4lang/behavioral-model),
// as a sequencer or as a switch between sequencer and replicas. [Start] starts a switch and waits until
// its P4Runtime server answers; [Switch.Stop] ends it. The switch starts without a program: the
// controller pushes p4src/oum.p4, as to any other target (P4Runtime 1.3 §7,
// SetForwardingPipelineConfig).
//
// Package lab/packettest tests the switch and its program packet by packet.
package bmv2
