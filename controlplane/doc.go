// Package controlplane is the controller: it programs the sequencers through P4Runtime, moves groups from a failed one
// to the next, and tells senders and replicas where their group's sequencer is (OSDI 2016 §4.1, §5.2.3). Where
// sequencers are switches it programs all switches of the topology.
//
// [Controller] is the runtime around the decisions of package failover, which in turn drives package fabric: it has a
// durable store of session numbers (package store), one connection to each target (package p4runtime, which writes the
// entries that package tables compiles), the probes of links (package probe), and the gRPC service of package api.
package controlplane
