package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/netordered/nopaxos/internal/devcluster"
	"github.com/netordered/nopaxos/lab/binary"
)

// startCluster starts a development cluster that ends with the test.
func startCluster(t *testing.T) *devcluster.Cluster {
	t.Helper()
	nopaxos, err := binary.Build(t.TempDir(), "cmd/nopaxos")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	resp := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	c, err := devcluster.Start(t.Context(), devcluster.Config{Binary: nopaxos, Dir: filepath.Join(t.TempDir(), "c"), RESP: resp})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Stop)
	return c
}

// connect returns a client of the cluster that never retries an operation.
func connect(t *testing.T, c *devcluster.Cluster) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: c.RESP().String(), MaxRetries: -1})
	t.Cleanup(func() { client.Close() })
	return client
}

// TestDevGoRedis runs the suite against a cluster.
func TestDevGoRedis(t *testing.T) {
	runSuite(t, connect(t, startCluster(t)))
}

// TestDevLargestCommand checks that a development cluster has the limit of the default network, which its help and
// docs/limits.md state.
func TestDevLargestCommand(t *testing.T) {
	c := connect(t, startCluster(t))
	const longest = 1290
	if err := c.Set(t.Context(), "k", strings.Repeat("x", longest), 0).Err(); err != nil {
		t.Errorf("a value of %d bytes: %v", longest, err)
	}
	err := c.Set(t.Context(), "k", strings.Repeat("x", longest+1), 0).Err()
	if err == nil || !strings.Contains(err.Error(), "exceeds the limit of 1301 bytes") {
		t.Errorf("a value of %d bytes: %v", longest+1, err)
	}
}

// TestDevRedisBenchmark runs redis-benchmark against a cluster and checks that its writes are stored.
func TestDevRedisBenchmark(t *testing.T) {
	benchmark, err := exec.LookPath("redis-benchmark")
	if err != nil {
		t.Skipf("redis-benchmark is not installed: %v", err)
	}
	n := 100_000
	if testing.Short() || binary.RaceEnabled {
		n = 5_000
	}
	c := startCluster(t)
	client := connect(t, c)
	host, port, _ := strings.Cut(c.RESP().String(), ":")
	out, err := exec.CommandContext(t.Context(), benchmark, "-h", host, "-p", port, "-q", "--csv",
		"-t", "set,get,incr,lpush,hset", "-n", strconv.Itoa(n), "-P", "16", "-c", "50").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, test := range []string{"SET", "GET", "INCR", "LPUSH", "HSET"} {
		if !strings.Contains(string(out), `"`+test+`"`) {
			t.Errorf("no result of %s in\n%s", test, out)
		}
	}
	if strings.Contains(strings.ToLower(string(out)), "error") {
		t.Errorf("redis-benchmark complains:\n%s", out)
	}
	// redis-benchmark stops sending after n replies, when further requests are in flight: up to a pipeline of
	// 16 on each of 50 connections.
	const surplus = 16 * 50
	for what, get := range map[string]func() (int64, error){
		"counter:__rand_int__": func() (int64, error) { return client.Get(t.Context(), "counter:__rand_int__").Int64() },
		"mylist":               func() (int64, error) { return client.LLen(t.Context(), "mylist").Result() },
	} {
		if got, err := get(); err != nil || got < int64(n) || got > int64(n+surplus) {
			t.Errorf("%s: %d, %v, expected %d", what, got, err, n)
		}
	}
	t.Logf("%s", out)
}

// TestDevIsKilledUnderLoad kills each kind of role in turn while clients write. The load must complete, no
// acknowledged write may be lost, and none may take effect twice.
func TestDevIsKilledUnderLoad(t *testing.T) {
	n := 20_000
	if testing.Short() || binary.RaceEnabled {
		n = 1_000
	}
	c := startCluster(t)
	for _, fault := range []struct {
		name   string
		victim func() string
	}{
		{"a follower", func() string { return fmt.Sprintf("replica-%d", (c.Status(t.Context()).Groups[0].Leader+1)%3) }},
		{"the leader", func() string { return fmt.Sprintf("replica-%d", c.Status(t.Context()).Groups[0].Leader) }},
		{"the active sequencer", func() string { return c.Status(t.Context()).Groups[0].Sequencer }},
		{"the controller", func() string { return "controller-0" }},
	} {
		t.Run(fault.name, func(t *testing.T) {
			victim := fault.victim()
			l := newLoad(t, c, fault.name, n)
			l.start()
			l.reach(n / 2)
			if err := c.Kill(victim); err != nil {
				t.Fatal(err)
			}
			l.reach(n)
			if err := c.Restart(victim); err != nil {
				t.Fatal(err)
			}
			l.finish()
			awaitWhole(t, c)
		})
	}
}

// awaitWhole waits until every role serves.
func awaitWhole(t *testing.T, c *devcluster.Cluster) {
	t.Helper()
	if _, err := c.Await(t.Context(), time.Minute, c.Whole); err != nil {
		t.Fatal(err)
	}
}

// exactLoad is a load of n INCRs of a counter and n LPUSHs to a list, over several connections.
type exactLoad struct {
	t             *testing.T
	redis         *redis.Client
	counter, list string
	n             int
	begun         atomic.Int64 // operations of either kind
	done          atomic.Int64
	counts, items outcomes
	workers       sync.WaitGroup
	progress      chan struct{} // has an item when done has grown
}

// outcomes counts the outcomes of one kind of operation.
type outcomes struct{ acknowledged, unknown atomic.Int64 }

const (
	loadWorkers = 16
	// loadPatience is the longest time without a reply. It exceeds the front-end's own time-out.
	loadPatience = 30 * time.Second
)

func newLoad(t *testing.T, c *devcluster.Cluster, name string, n int) *exactLoad {
	l := &exactLoad{t: t, n: n, counter: "counter of " + name, list: "list of " + name, progress: make(chan struct{}, 1)}
	l.redis = redis.NewClient(&redis.Options{
		Addr: c.RESP().String(), PoolSize: loadWorkers, ReadTimeout: loadPatience,
		MaxRetries: -1, // a retry would be another write
	})
	t.Cleanup(func() { l.redis.Close() })
	return l
}

func (l *exactLoad) start() {
	for range loadWorkers {
		l.workers.Go(func() {
			for number := l.begun.Add(1); number <= int64(2*l.n); number = l.begun.Add(1) {
				l.one(number)
			}
		})
	}
}

// one executes one operation; the two kinds alternate.
func (l *exactLoad) one(number int64) {
	var err error
	o := &l.counts
	if number%2 == 0 {
		err = l.redis.Incr(context.Background(), l.counter).Err()
	} else {
		o = &l.items
		err = l.redis.LPush(context.Background(), l.list, number).Err()
	}
	switch {
	case err == nil:
		o.acknowledged.Add(1)
	case strings.HasPrefix(err.Error(), "ERR outcome unknown"):
		o.unknown.Add(1)
	default:
		l.t.Errorf("operation %d: %v", number, err)
	}
	l.done.Add(1)
	select {
	case l.progress <- struct{}{}:
	default:
	}
}

// reach waits until done operations of the load have completed.
func (l *exactLoad) reach(done int) {
	l.t.Helper()
	timer := time.NewTimer(loadPatience)
	defer timer.Stop()
	for l.done.Load() < int64(done) {
		select {
		case <-l.progress:
			timer.Reset(loadPatience)
		case <-timer.C:
			l.t.Fatalf("the load is stuck at %d of %d operations", l.done.Load(), 2*l.n)
		}
	}
}

// finish waits for the end of the load and checks the stored values.
func (l *exactLoad) finish() {
	l.t.Helper()
	l.reach(2 * l.n)
	l.workers.Wait()
	count, err := l.redis.Get(l.t.Context(), l.counter).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		l.t.Fatal(err)
	}
	l.check("counter", count, &l.counts)
	length, err := l.redis.LLen(l.t.Context(), l.list).Result()
	if err != nil {
		l.t.Fatal(err)
	}
	l.check("list", length, &l.items)
	const page = 500 // items that fit one reply
	seen := make(map[string]bool, length)
	for first := int64(0); first < length; first += page {
		items, err := l.redis.LRange(l.t.Context(), l.list, first, first+page-1).Result()
		if err != nil {
			l.t.Fatal(err)
		}
		for _, item := range items {
			if seen[item] {
				l.t.Errorf("item %s is in the list twice", item)
			}
			seen[item] = true
		}
	}
	if int64(len(seen)) != length {
		l.t.Errorf("the list has %d items, expected %d", len(seen), length)
	}
}

// check compares a stored value with the outcomes: it must be exact if all of them are known.
func (l *exactLoad) check(what string, stored int64, o *outcomes) {
	l.t.Helper()
	acknowledged, unknown := o.acknowledged.Load(), o.unknown.Load()
	if acknowledged+unknown != int64(l.n) {
		l.t.Errorf("%s: %d acknowledged and %d unknown, expected %d together", what, acknowledged, unknown, l.n)
	}
	if stored < acknowledged || stored > acknowledged+unknown {
		l.t.Errorf("%s holds %d, expected %d to %d: %d are acknowledged, %d unknown",
			what, stored, acknowledged, acknowledged+unknown, acknowledged, unknown)
	}
}
