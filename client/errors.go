package client

import (
	"errors"
	"fmt"

	"github.com/netordered/nopaxos/internal/clientcore"
)

var (
	// ErrClosed means that the client was closed. The error of a request that had been sent also wraps
	// ErrOutcomeUnknown.
	ErrClosed = errors.New("the client was closed")
	// ErrOutcomeUnknown means that the request was sent and no outcome arrived: the operation may or may not have
	// been executed, and may or may not be executed later.
	ErrOutcomeUnknown = clientcore.ErrOutcomeUnknown
	// ErrEvicted means that the replicas no longer know the client. It wraps ErrOutcomeUnknown: they may have
	// executed the request before they evicted the client. Later requests are sent under a new identity.
	ErrEvicted = clientcore.ErrEvicted
	// ErrResultTooLarge means that the operation was executed and that its result was longer than wire.MaxResult, so
	// that no replica kept it.
	ErrResultTooLarge = clientcore.ErrResultTooLarge
	// ErrTooManyOutstanding means that the replicas refused the request because the client had more than
	// wire.MaxOutstanding requests outstanding. It wraps ErrOutcomeUnknown: a copy of the request that is still in the
	// network may be accepted later.
	ErrTooManyOutstanding = clientcore.ErrTooManyOutstanding
	// ErrQueueFull means that limits.Client.MaxWaiting requests already wait to be sent.
	ErrQueueFull = clientcore.ErrQueueFull
)

// TooLargeError means that an operation does not fit a datagram of the path; nothing was sent. Its fields Size and
// Limit are the lengths in bytes of the operation and of the longest one that fits.
type TooLargeError = clientcore.TooLargeError

// abandoned is the error of a request that was sent and abandoned because of cause.
func abandoned(cause error, transmissions int) error {
	if transmissions == 1 {
		return fmt.Errorf("client: %w after 1 transmission: %w", cause, ErrOutcomeUnknown)
	}
	return fmt.Errorf("client: %w after %d transmissions: %w", cause, transmissions, ErrOutcomeUnknown)
}

// notSent is the error of a request that was abandoned because of cause before it was sent; obstacle is why it waited.
func notSent(cause error, obstacle string) error {
	return fmt.Errorf("client: %w before the request was sent (%s): it is not executed", cause, obstacle)
}
