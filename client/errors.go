package client

import (
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/replica/wire"
)

var (
	// ErrClosed says that the client was closed. The error of a request that had been sent wraps
	// ErrOutcomeUnknown, too.
	ErrClosed = errors.New("the client was closed")
	// ErrOutcomeUnknown says that the request was sent and that its outcome is not known: the
	// operation may or may not have been executed, and may or may not be executed later.
	ErrOutcomeUnknown = errors.New("the outcome is unknown: the operation may or may not be executed")
	// ErrEvicted says that the replicas do not know the client any more. It wraps
	// ErrOutcomeUnknown: the request may have been executed before they forgot the client. Later
	// requests are sent under a new identity.
	ErrEvicted = fmt.Errorf("client: evicted from the replicas' client table: %w", ErrOutcomeUnknown)
	// ErrResultTooLarge says that the operation was executed and that its result was longer than
	// wire.MaxResult, so that no replica kept it.
	ErrResultTooLarge = fmt.Errorf("client: the operation was executed, but its result is larger than %d bytes", wire.MaxResult)
	// ErrTooManyOutstanding says that the replicas refused the request because the client had more
	// than wire.MaxOutstanding of them outstanding. It wraps ErrOutcomeUnknown: a copy of the
	// request that is still under way may find room.
	ErrTooManyOutstanding = fmt.Errorf("client: more than %d requests outstanding: %w", wire.MaxOutstanding, ErrOutcomeUnknown)
	// ErrQueueFull says that as many requests as the client holds wait to be sent already.
	ErrQueueFull = errors.New("client: too many requests wait to be sent")
)

// TooLargeError says that an operation does not fit a datagram of the path; nothing was sent.
type TooLargeError struct {
	Size  int // length of the operation in bytes
	Limit int // length of the longest operation in bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("client: operation is %d bytes long, the largest that fits a datagram is %d", e.Size, e.Limit)
}

// abandoned is the error of a request that was given up because of cause.
func abandoned(cause error, transmissions int) error {
	if transmissions == 1 {
		return fmt.Errorf("client: %w after 1 transmission: %w", cause, ErrOutcomeUnknown)
	}
	return fmt.Errorf("client: %w after %d transmissions: %w", cause, transmissions, ErrOutcomeUnknown)
}

// notSent is the error of a request that was given up because of cause while obstacle kept it from
// being sent.
func notSent(cause error, obstacle string) error {
	return fmt.Errorf("client: %w before the request was sent (%s): it is not executed", cause, obstacle)
}
