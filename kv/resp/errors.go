package resp

import (
	"context"
	"errors"

	"github.com/netordered/nopaxos/client"
)

const (
	errNoAuth    = "NOAUTH Authentication required."
	errWrongPass = "WRONGPASS invalid username-password pair or user is disabled."
)

// invokeError returns the error reply to the commands of an operation that failed with err.
func invokeError(err error) string {
	var large *client.TooLargeError
	switch {
	case errors.As(err, &large):
		return tooLarge(large.Size, large.Limit)
	case errors.Is(err, client.ErrOutcomeUnknown), err == context.DeadlineExceeded, err == context.Canceled:
		return "ERR outcome unknown: the command may or may not have been executed: " + err.Error()
	}
	return "ERR " + err.Error()
}
