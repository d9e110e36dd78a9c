package replicaloop

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/netordered/nopaxos/transport"
)

// Sockets is a Process whose event loop runs on UDP.
type Sockets struct {
	*transport.UDP
	cancel     context.CancelCauseFunc
	background sync.WaitGroup
}

// NewSockets returns the process around udp, which it owns.
func NewSockets(udp *transport.UDP) *Sockets { return &Sockets{UDP: udp, cancel: func(error) {}} }

// Run runs the event loop and the functions beside it until ctx is done or Fail is called. It returns after all of
// them and the work of Aside have ended, with the error of the loop or of Fail.
func (s *Sockets) Run(ctx context.Context, loop transport.Handler, beside ...func(context.Context)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	s.cancel = cancel
	for _, f := range beside {
		s.background.Go(func() { f(ctx) })
	}
	err := s.UDP.Run(ctx, loop)
	cause := context.Cause(ctx)
	cancel(nil)
	s.background.Wait()
	if err == nil && cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = cause
	}
	return err
}

// Aside runs work on a goroutine that Run waits for. It is called on the loop, which ends before that wait begins.
func (s *Sockets) Aside(work func() func(now time.Duration)) {
	s.background.Go(func() { s.Post(work()) })
}

// Fail makes Run return err.
func (s *Sockets) Fail(err error) { s.cancel(err) }
