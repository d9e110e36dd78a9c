// Package kv is the service that ships with NOPaxos: a key-value store with the commands of Redis, as a
// deterministic state machine that can be replicated.
//
// An operation of the replicated log is a list of commands ([AppendCommand]) on one of the [Databases], which a
// SELECT among the commands changes. All of them execute at one place in the log, which makes a pipeline and a
// MULTI … EXEC block atomic. The result is the commands'
// replies in order, encoded in RESP, the Redis serialization protocol: a front-end writes it to a
// connection as it is, a program reads it with [ParseReply].
//
// [Store] implements replica.StateMachine and replica.Undoer. It is a function of the log: no reply
// depends on a clock, on the order of a Go map or on a random number, and keys expire by the logical time
// passed to Execute. Taking a snapshot takes constant time, because keys and collections live in
// copy-on-write B-trees; another goroutine writes it out. The leader executes ahead of the stable prefix
// (OSDI 2016 §5.2, speculative execution), and undo records take such operations back.
//
// Keys, values and elements are at most 1 MiB long. The reply to a command or to a transaction is at most three
// quarters of wire.MaxResult long: 3 MiB. A longer one is replaced by an error, and the command has no effect.
// Where only the replies of an operation together are too long, the store executes its first commands, and
// the caller the others by another operation.
//
// Package kv/resp serves a Store's commands to Redis clients.
package kv
