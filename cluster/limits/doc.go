// Package limits holds the keys of the cluster file that set the intervals of the protocol and bound the memory of its
// roles. The cluster file and the roles' configurations embed the structs, so a key is defined once: the tags of its field
// have its name in the file, its default and its bounds, and the comment says what raising it costs. The zero value of a
// field stands for its default.
//
// Limits that determine the replicated state are not keys, because replicas with different files would diverge: see the
// constants of package replica/wire.
package limits
