package resp

import (
	"errors"
	"sync/atomic"
)

// errNoRoom says that the server holds as many bytes of requests as it may.
var errNoRoom = errors.New("too many bytes of requests are being read on all connections together")

// budget bounds what all connections together hold of requests that have not arrived as a whole.
type budget struct {
	limit int64
	used  atomic.Int64 // bytes
}

// resize replaces what a connection holds, in bytes, or returns false and leaves it as it was. To hold
// less is always possible.
func (b *budget) resize(from, to int) bool {
	used := b.used.Add(int64(to - from))
	if to > from && used > b.limit {
		b.used.Add(int64(from - to))
		return false
	}
	return true
}

// scarce reports whether connections should hold no more than they need.
func (b *budget) scarce() bool { return b.used.Load() > b.limit/2 }
