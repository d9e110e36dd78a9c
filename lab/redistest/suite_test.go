// Package redistest tests the key-value store with Redis's own software: go-redis, a stock client library, and
// redis-benchmark. One suite runs against the front-end on a state machine in the test's process, and against a
// whole development cluster.
package redistest

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// runSuite empties the store and checks, through the client c, every type, pipelines, transactions and errors.
func runSuite(t *testing.T, c *redis.Client) {
	ctx := context.Background()
	equal(t, "FLUSHALL", must[string](t)(c.FlushAll(ctx).Result()), "OK")
	equal(t, "PING", must[string](t)(c.Ping(ctx).Result()), "PONG")

	t.Run("strings", func(t *testing.T) {
		must[string](t)(c.Set(ctx, "a", "binary\x00\r\n\xff", 0).Result())
		equal(t, "GET", must[string](t)(c.Get(ctx, "a").Result()), "binary\x00\r\n\xff")
		if _, err := c.Get(ctx, "nothing").Result(); !errors.Is(err, redis.Nil) {
			t.Errorf("GET of nothing: %v, expected redis.Nil", err)
		}
		equal(t, "SETNX", must[bool](t)(c.SetNX(ctx, "a", "x", 0).Result()), false)
		equal(t, "INCRBY", must[int64](t)(c.IncrBy(ctx, "n", 40).Result()), 40)
		equal(t, "DECR", must[int64](t)(c.Decr(ctx, "n").Result()), 39)
		equal(t, "APPEND", must[int64](t)(c.Append(ctx, "n", "0").Result()), 3)
		must[string](t)(c.MSet(ctx, "x", 1, "y", 2).Result())
		equal(t, "MGET", must[[]any](t)(c.MGet(ctx, "x", "nothing", "y").Result()), []any{"1", nil, "2"})
		equal(t, "DEL", must[int64](t)(c.Del(ctx, "x", "y").Result()), 2)
	})
	t.Run("expiry", func(t *testing.T) {
		must[string](t)(c.Set(ctx, "short", "v", time.Hour).Result())
		if ttl := must[time.Duration](t)(c.TTL(ctx, "short").Result()); ttl > time.Hour || ttl < 50*time.Minute { // it decreases
			t.Errorf("TTL is %v, expected about an hour", ttl)
		}
		equal(t, "PERSIST", must[bool](t)(c.Persist(ctx, "short").Result()), true)
		equal(t, "EXPIRE", must[bool](t)(c.Expire(ctx, "nothing", time.Hour).Result()), false)
	})
	t.Run("collections", func(t *testing.T) {
		equal(t, "HSET", must[int64](t)(c.HSet(ctx, "h", "f", 1, "g", 2).Result()), 2)
		equal(t, "HGETALL", must[map[string]string](t)(c.HGetAll(ctx, "h").Result()), map[string]string{"f": "1", "g": "2"})
		equal(t, "HINCRBY", must[int64](t)(c.HIncrBy(ctx, "h", "f", 5).Result()), 6)
		equal(t, "RPUSH", must[int64](t)(c.RPush(ctx, "l", 1, 2, 3).Result()), 3)
		equal(t, "LRANGE", must[[]string](t)(c.LRange(ctx, "l", 0, -1).Result()), []string{"1", "2", "3"})
		equal(t, "LPOP", must[[]string](t)(c.LPopCount(ctx, "l", 2).Result()), []string{"1", "2"})
		equal(t, "SADD", must[int64](t)(c.SAdd(ctx, "s", "a", "b", "a").Result()), 2)
		equal(t, "SMEMBERS", must[[]string](t)(c.SMembers(ctx, "s").Result()), []string{"a", "b"})
		if err := c.Incr(ctx, "s").Err(); err == nil || err.Error() != "WRONGTYPE Operation against a key holding the wrong kind of value" {
			t.Errorf("INCR of a set: %v", err)
		}
	})
	t.Run("pipeline", func(t *testing.T) {
		results, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for range 500 {
				p.Incr(ctx, "pipelined")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			equal(t, "INCR", r.(*redis.IntCmd).Val(), int64(i+1))
		}
	})
	t.Run("transaction", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { // the two counters always change together
				results, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
					p.Incr(ctx, "left")
					p.Incr(ctx, "right")
					return nil
				})
				if err != nil {
					t.Error(err)
					return
				}
				equal(t, "right", results[1].(*redis.IntCmd).Val(), results[0].(*redis.IntCmd).Val())
			})
		}
		wg.Wait()
		if err := c.Watch(ctx, func(*redis.Tx) error { return nil }, "a"); err == nil {
			t.Error("WATCH succeeds, expected an error that says it is not supported")
		}
	})
	t.Run("scan", func(t *testing.T) { testScan(t, c) })
}

// testScan iterates over keys while others are added and deleted.
func testScan(t *testing.T, c *redis.Client) {
	ctx := context.Background()
	const n = 300
	for i := range n {
		must[string](t)(c.Set(ctx, "scan:"+strconv.Itoa(i), i, 0).Result())
	}
	seen := make(map[string]bool)
	for it, i := c.Scan(ctx, 0, "scan:*", 7).Iterator(), 0; it.Next(ctx); i++ {
		if seen[it.Val()] {
			t.Errorf("SCAN returns %s twice", it.Val())
		}
		seen[it.Val()] = true
		must[string](t)(c.Set(ctx, "other:"+strconv.Itoa(i), i, 0).Result())
		must[int64](t)(c.Del(ctx, "other:"+strconv.Itoa(i/2)).Result())
	}
	equal(t, "the number of keys found", len(seen), n)
}

// must returns the value of a command that must not fail.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
		return v
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s is %v, expected %v", what, got, want)
	}
}
