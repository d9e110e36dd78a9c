package clientcore

import (
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/replica/wire"
)

// The errors of requests; package client documents them.
var (
	ErrOutcomeUnknown     = errors.New("the outcome is unknown: the operation may or may not be executed")
	ErrEvicted            = fmt.Errorf("client: evicted from the replicas' client table: %w", ErrOutcomeUnknown)
	ErrResultTooLarge     = fmt.Errorf("client: the operation was executed, but its result is larger than %d bytes", wire.MaxResult)
	ErrTooManyOutstanding = fmt.Errorf("client: more than %d requests outstanding: %w", wire.MaxOutstanding, ErrOutcomeUnknown)
	ErrQueueFull          = errors.New("client: too many requests wait to be sent")
)

// TooLargeError is client.TooLargeError.
type TooLargeError struct {
	Size  int // length of the operation in bytes
	Limit int // length of the longest operation in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("client: operation is %d bytes long, the largest that fits a datagram is %d", e.Size, e.Limit)
}
