package netlab

import "errors"

// ErrNotSupported means that this machine lacks a feature or this user a right. The error that wraps it
// names the feature; tests skip with it.
var ErrNotSupported = errors.New("not supported here")
