package netlab

import "errors"

// ErrNotSupported says that this machine, or this user, cannot have what was asked for. The error that
// wraps it says what is missing; tests skip with it.
var ErrNotSupported = errors.New("not supported here")
