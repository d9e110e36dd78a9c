// Package kv is the service that ships with NOPaxos: a key-value store that answers as Redis does,
// as a deterministic state machine that can be replicated.
//
// An operation of the replicated log is a list of commands ([AppendCommand]); all of them execute
// at one place in the log, so that a pipeline and a MULTI … EXEC block are atomic. Its result is
// the commands' replies one after the other in RESP, the Redis serialization protocol, ready to be
// written to a connection or to be read with [ParseReply].
//
// [Store] is replica.StateMachine and replica.Undoer. Everything in it is a function of the log:
// what a command answers never depends on a clock, on the order of a Go map or on a random number.
// Keys expire by the logical time that Execute is told. A snapshot costs the caller a constant
// time: keys and collections live in copy-on-write B-trees, and writing them out happens on the
// caller's other goroutine. What a leader executes ahead of the stable prefix is taken back from
// undo records (OSDI 2016 §5.2: speculative execution by the leader).
//
// Package kv/resp serves a Store's commands to Redis clients.
package kv
