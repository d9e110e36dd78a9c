package load

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/netordered/nopaxos/internal/wait"
	"github.com/netordered/nopaxos/lab/zipf"
)

// workload runs the workers, each with one operation outstanding.
type workload struct {
	recorder *recorder
	keys     zipf.Table

	mu        sync.Mutex
	strangers []string // values read that were never written
}

// pauseAfterError keeps a worker from spinning while operations fail.
const pauseAfterError = 10 * time.Millisecond

// worker runs operations until ctx is done, and waits for the outstanding one.
func (l *workload) worker(ctx context.Context, s store, seed, number uint64) {
	random := rand.New(rand.NewPCG(seed, number))
	for ctx.Err() == nil {
		if err := l.one(s, random); err != nil {
			var stranger *strangerError
			if errors.As(err, &stranger) {
				l.note(stranger)
			}
			_ = wait.For(ctx, pauseAfterError) // the loop checks ctx
		}
	}
}

// one runs one operation and records it.
func (l *workload) one(s store, random *rand.Rand) error {
	ctx, cancel := context.WithTimeout(context.Background(), opTimeout)
	defer cancel()
	key, write := l.keys.Draw(random), random.Float64() >= readShare
	t := l.recorder.begin(key, write)
	name := keyName(t.bank.index, key)
	var read value
	var err error
	if write {
		err = s.put(ctx, name, t.value)
	} else {
		read, err = s.get(ctx, name)
	}
	l.recorder.end(s.path(), t, read, err)
	return err
}

func (l *workload) note(err *strangerError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.strangers) < maxViolations {
		l.strangers = append(l.strangers, err.Error())
	}
}
