// Package resp serves the key-value store to Redis clients: redis-cli, redis-benchmark and the client
// libraries work unmodified, at their defaults (RESP, the Redis serialization protocol, versions 2 and 3).
//
// Each connection has one goroutine. It gathers the commands of a pipeline that have arrived into one
// operation, or into several in sequence if one would not fit a datagram, passes the operation to the
// Invoker to be replicated, and writes the replies in order. A pipeline thus costs one round trip and
// executes at one place in the log, and so does MULTI … EXEC. Reads go through the log too: every reply is
// linearizable.
//
// The replicated replies do not depend on a connection: the store replies in RESP 2, and the front-end
// converts the replies for a connection that speaks RESP 3. The database of a connection travels with each
// of its operations.
//
// The front-end itself executes the commands that concern the connection or the server: AUTH, CLIENT,
// COMMAND, CONFIG GET, HELLO, INFO, QUIT, RESET, SELECT, and the framing of transactions. WATCH is not
// supported, because the replicated state does not depend on connections. CLIENT TRACKING is, in a form that
// never lets a client keep what it caches.
//
// The package has its own parser of requests. Its memory is bounded, also for a peer that has not
// authenticated, and its time is linear in the bytes that arrive. A command too large for the group gets
// an error; the connection survives.
package resp
