// Package sequencer is the control side of a software sequencer: a P4Runtime server for the pipeline
// that package p4src describes. A controller programs it through the same tables as a switch (OSDI
// 2016 §4).
//
// The server checks every request against the contract, returns the canonical errors of the
// P4Runtime specification 1.3, stores the entries as written, and passes them, decoded, to a
// [DataPlane], which stamps and copies packets. Package sequencer/udp is the data plane for an end
// host.
//
// Read the package in the order of a request: server.go (the RPC surface), arbitration.go and
// stream.go (the sender), pipeline.go, write.go with decode.go and contract.go (checks), store.go
// (state), read.go and encode.go.
package sequencer
