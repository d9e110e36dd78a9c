// Package wait waits for time to pass, bounded by a context.
package wait

import (
	"context"
	"time"
)

// For waits until d has passed or ctx is done. In the latter case it returns the context's cause.
func For(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
