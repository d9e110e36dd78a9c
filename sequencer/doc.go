// Package sequencer is a software sequencer's control side: a P4Runtime server for the pipeline
// that package p4src describes, in front of a data plane that stamps and copies. A controller
// programs it through the same tables as a switch (OSDI 2016 §4).
//
// The server checks every request against the contract, answers the canonical errors of the
// P4Runtime specification 1.3, keeps the entries as they were written, and hands them, decoded, to
// a [DataPlane]. Package sequencer/udp is the data plane for an end host.
//
// Read it in the order of a request: server.go (the RPC surface), arbitration.go and stream.go (who
// may write), pipeline.go, write.go with decode.go and contract.go (what may be written), store.go
// (what was written), read.go and encode.go.
package sequencer
