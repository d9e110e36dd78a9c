// Package resp serves the key-value store to Redis clients: redis-cli, redis-benchmark and the
// client libraries work unmodified (RESP, the Redis serialization protocol, version 2).
//
// A connection has one goroutine. It gathers the commands that have arrived, a pipeline, into one
// operation (several where that would not fit a datagram, one after the other), has it replicated
// by the Invoker and writes the replies, in order. So a pipeline costs one round trip and executes
// at one place in the log, and so does MULTI … EXEC. Reads go through the log too: every answer is
// linearizable.
//
// What is about the connection or the server, not about the data, is answered here: AUTH, CLIENT,
// COMMAND, CONFIG GET, HELLO, INFO, QUIT, RESET, and the framing of transactions. WATCH is not
// supported: nothing that the store replicates depends on one connection.
//
// Requests are read by this package's own parser: its memory is bounded, also for a peer that has
// not authenticated, its time is linear in what arrives, and a command that is too large for the
// group costs that command an error, not the connection.
package resp
