package load

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/lab/zipf"
)

// MaxWorkers bounds Config.Workers, to limit memory.
const MaxWorkers = 1000

// Config configures a Load.
type Config struct {
	File    *cluster.File // the load goes to its first group, through the client library and through every front-end
	Seed    uint64        // of keys and operations
	Workers int           // operations outstanding at a time on each of these paths
}

// Load is a running load of a cluster.
type Load struct {
	seed     uint64
	recorder *recorder
	judge    *judge
	workload *workload
	library  *libraryStore
	fronts   []store // the front-ends

	stop             context.CancelFunc
	workers, judging sync.WaitGroup
}

// Begin starts the load. The caller has to call End. Once ctx is done the load checks nothing more.
func Begin(ctx context.Context, cfg Config) (*Load, error) {
	library, err := newLibraryStore(cfg.File)
	if err != nil {
		return nil, err
	}
	l := &Load{seed: cfg.Seed, recorder: newRecorder(), library: library}
	for _, k := range cfg.File.KV {
		if k.Group == cfg.File.Groups[0].Name {
			l.fronts = append(l.fronts, newRedisStore(k.RESP, cfg.Workers+1))
		}
	}
	l.judge = &judge{recorder: l.recorder, store: library}
	l.workload = &workload{recorder: l.recorder, keys: zipf.New(bankKeys)}
	working, stop := context.WithCancel(ctx)
	l.stop = stop
	l.judging.Go(func() { l.judge.run(ctx) })
	number := uint64(0)
	for _, s := range append([]store{library}, l.fronts...) {
		for range cfg.Workers {
			number++
			n := number
			l.workers.Go(func() { l.workload.worker(working, s, cfg.Seed, n) })
		}
	}
	return l, nil
}

// Mark returns the longest time without a completed operation since the previous call, or since the start.
func (l *Load) Mark() time.Duration { return l.recorder.mark() }

// Elapsed returns the time since the start.
func (l *Load) Elapsed() time.Duration { return time.Since(l.recorder.origin) }

// Interval returns the number of operations that completed since the previous call, and the median and the
// 99th percentile of their latencies in µs.
func (l *Load) Interval() (operations, p50, p99 int64) { return l.recorder.takeInterval() }

// End stops the load, waits for outstanding operations, checks the rest of the history, reads every key once
// more, and reports. It fails if ctx is done before.
func (l *Load) End(ctx context.Context) (*Report, error) {
	elapsed := l.Elapsed()
	l.stop()
	l.workers.Wait()
	l.recorder.finish()
	close(l.recorder.retire)
	l.judging.Wait()
	defer l.close()
	last := store(l.library)
	if len(l.fronts) > 0 {
		last = l.fronts[0]
	}
	if ctx.Err() == nil {
		l.judge.readAgain(ctx, last)
	}
	if ctx.Err() != nil {
		return nil, errors.New("interrupted")
	}
	return l.report(elapsed), nil
}

func (l *Load) close() {
	l.library.close()
	for _, s := range l.fronts {
		s.close()
	}
}
