package resp

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/netordered/nopaxos/kv"
)

// local is an Invoker that executes on a state machine of its own.
type local struct {
	mu      sync.Mutex
	store   *kv.Store
	slot    uint64
	started time.Time
	sizes   []int // of the operations executed
	fail    func(n int) error
}

func (l *local) Invoke(_ context.Context, op []byte) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sizes = append(l.sizes, len(op))
	if l.fail != nil {
		if err := l.fail(len(l.sizes)); err != nil {
			return nil, err
		}
	}
	l.slot++
	l.store.Release(l.slot)
	return l.store.Execute(l.slot, uint64(time.Since(l.started)), op, nil), nil
}

// start starts a server, with a state machine unless the configuration has an Invoker.
func start(t testing.TB, config Config) (*Server, *local) {
	l := &local{store: kv.New(), started: time.Now()}
	if config.Invoker == nil {
		config.Invoker = l
	}
	if config.Addr == "" {
		config.Addr = "127.0.0.1:0"
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s, err := NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s, l
}
