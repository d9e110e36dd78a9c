package resp

import (
	"errors"
	"sync/atomic"
)

// errNoRoom reports that the server holds as many bytes of incomplete requests as it may.
var errNoRoom = errors.New("too many bytes of incomplete requests on all connections together")

// budget bounds the bytes of incomplete requests that all connections together hold.
type budget struct {
	limit int64
	used  atomic.Int64 // bytes
}

// resize changes the bytes that a connection holds, or returns false and changes nothing. It always allows
// a connection to hold less.
func (b *budget) resize(from, to int) bool {
	used := b.used.Add(int64(to - from))
	if to > from && used > b.limit {
		b.used.Add(int64(from - to))
		return false
	}
	return true
}

// scarce reports whether connections should free the memory that they do not need.
func (b *budget) scarce() bool { return b.used.Load() > b.limit/2 }
