package kv

import "fmt"

// Errors in the words of Redis, where it has them.
const (
	errWrongType   = "WRONGTYPE Operation against a key holding the wrong kind of value"
	errOverflow    = "ERR increment or decrement would overflow"
	errDecrement   = "ERR decrement would overflow"
	errHashNotInt  = "ERR hash value is not an integer"
	errNotPositive = "ERR value is out of range, must be positive"
	errTooLong     = "ERR string exceeds maximum allowed size (proto-max-bulk-len)"
	errCursor      = "ERR invalid cursor"
	errSameObject  = "ERR source and destination objects are the same"

	errWallClock = "ERR EXAT and PXAT are not supported: keys expire by logical time, not by the wall clock"
)

var errReplyLimit = fmt.Sprintf("ERR reply exceeds the limit of %d bytes for a command or a transaction", maxReplies)
