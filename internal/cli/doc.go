// Package cli has what the command lines of nopaxos, nopaxos-lab and demo share: exit statuses, errors, and the flags
// that name a cluster.
package cli
