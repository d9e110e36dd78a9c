// Package limits holds the keys of the cluster file that set the intervals of the protocol and bound the memory of its
// roles. The structs are embedded in the roles' configurations, so a key is written once: its tags have its name in the
// file, its default and its bounds (see package internal/defaults), its comment what it costs. The zero value of a field
// stands for its default.
//
// Limits that the replicated state is a function of are no keys, because replicas with different files would diverge: see
// the constants of package replica/wire.
package limits
