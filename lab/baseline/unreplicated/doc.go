// Package unreplicated is a server that executes requests and replies: what replication is measured
// against. It has the same event loop, the same authentication, the same at-most-once client table and
// the same state machine as the replicated systems, and survives nothing.
package unreplicated
