// Package unreplicated is a server that executes requests and replies, the reference for the cost of replication. It
// has the same event loop, authentication, at-most-once client table and state machine as the replicated systems, and
// survives no failure.
package unreplicated
