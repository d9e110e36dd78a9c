package redistest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/rueidis"
	"github.com/valkey-io/valkey-go"

	"github.com/netordered/nopaxos/kv/resp"
)

// library is a client library with its default options, connected to database 1.
type library struct {
	do     func(ctx context.Context, args ...string) (any, error)
	null   func(error) bool
	cached func(ctx context.Context, key string) (value string, hit bool, err error) // nil: no client-side caching
	close  func()
}

// libraries connects each library.
var libraries = map[string]func(addr string) (library, error){
	"go-redis": func(addr string) (library, error) {
		c := redis.NewClient(&redis.Options{Addr: addr, DB: 1})
		return library{
			do: func(ctx context.Context, args ...string) (any, error) {
				words := make([]any, len(args))
				for i, a := range args {
					words[i] = a
				}
				return c.Do(ctx, words...).Result()
			},
			null: func(err error) bool { return errors.Is(err, redis.Nil) }, close: func() { c.Close() },
		}, nil
	},
	"rueidis": func(addr string) (library, error) {
		c, err := rueidis.NewClient(rueidis.ClientOption{InitAddress: []string{addr}, SelectDB: 1})
		if err != nil {
			return library{}, err
		}
		return library{
			do: func(ctx context.Context, args ...string) (any, error) {
				return c.Do(ctx, c.B().Arbitrary(args...).Build()).ToAny()
			},
			null: rueidis.IsRedisNil, close: c.Close,
			cached: func(ctx context.Context, key string) (string, bool, error) {
				r := c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour)
				value, err := r.ToString()
				return value, r.IsCacheHit(), err
			},
		}, nil
	},
	"valkey-go": func(addr string) (library, error) {
		c, err := valkey.NewClient(valkey.ClientOption{InitAddress: []string{addr}, SelectDB: 1})
		if err != nil {
			return library{}, err
		}
		return library{
			do: func(ctx context.Context, args ...string) (any, error) {
				return c.Do(ctx, c.B().Arbitrary(args...).Build()).ToAny()
			},
			null: valkey.IsValkeyNil, close: c.Close,
			cached: func(ctx context.Context, key string) (string, bool, error) {
				r := c.DoCache(ctx, c.B().Get().Key(key).Cache(), time.Hour)
				value, err := r.ToString()
				return value, r.IsCacheHit(), err
			},
		}, nil
	},
}

// TestGoLibraries connects each client library for Go with its default options.
func TestGoLibraries(t *testing.T) {
	for name, connect := range libraries {
		t.Run(name, func(t *testing.T) {
			addr := start(t, resp.Config{})
			l, err := connect(addr)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(l.close)
			ctx := t.Context()
			for _, c := range []struct {
				command string
				want    any
			}{
				{"SET a 1", "OK"}, {"GET a", "1"}, {"INCR a", int64(2)}, {"HSET h f 1 g 2", int64(2)}, {"SADD s m", int64(1)},
				{"SMEMBERS s", []any{"m"}}, {"MGET a nothing", []any{"2", nil}}, {"LPOP nothing 2", nil}, {"GET nothing", nil},
				{"DBSIZE", int64(3)}, {"CONFIG GET databases", map[string]any{"databases": "16"}},
				{"HGETALL h", map[string]any{"f": "1", "g": "2"}},
			} {
				got, err := l.do(ctx, strings.Fields(c.command)...)
				if m, ok := got.(map[any]any); ok {
					words := make(map[string]any)
					for k, v := range m {
						words[k.(string)] = v
					}
					got = words
				}
				if c.want == nil && err != nil && l.null(err) {
					continue
				}
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: %#v, %v, expected %#v", c.command, got, err, c.want)
				}
			}
			other := newClient(t, &redis.Options{Addr: addr})
			equal(t, "DBSIZE of database 0", must[int64](t)(other.DBSize(ctx).Result()), 0)
			if l.cached != nil {
				testCached(t, l, newClient(t, &redis.Options{Addr: addr, DB: 1}))
			}
		})
	}
}

// testCached checks that client-side caching never returns an old value.
func testCached(t *testing.T, l library, other *redis.Client) {
	for i := range 20 {
		want := fmt.Sprint(i)
		must[string](t)(other.Set(t.Context(), "cached", want, 0).Result())
		if _, err := l.do(t.Context(), "PING"); err != nil { // the invalidation is before its reply
			t.Fatal(err)
		}
		for range 2 {
			if got, hit, err := l.cached(t.Context(), "cached"); err != nil || got != want {
				t.Fatalf("a cached GET: %q, %v, expected %q; from the cache: %v", got, err, want, hit)
			}
		}
	}
}

// TestOtherLibraries runs a script with each client library for other languages that is installed here.
// Libraries for Node.js are looked for where NODE_PATH says, for Python among the packages of the distribution.
func TestOtherLibraries(t *testing.T) {
	for _, l := range []struct{ name, program, find, script string }{
		{"node-redis", "node", "require('redis')", "node-redis.js"},
		{"ioredis", "node", "require('ioredis')", "ioredis.js"},
		{"valkey-glide", "node", "require('@valkey/valkey-glide')", "valkey-glide.js"},
		{"redis-py", "/usr/bin/python3", "import redis", "redis-py.py"},
	} {
		t.Run(l.name, func(t *testing.T) {
			flag := map[bool]string{true: "-e", false: "-c"}[l.program == "node"]
			if out, err := exec.CommandContext(t.Context(), l.program, flag, l.find).CombinedOutput(); err != nil {
				t.Skipf("%s is not installed: %v\n%.300s", l.name, err, out)
			}
			host, port, err := net.SplitHostPort(start(t, resp.Config{}))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a client that waits for ever fails with its output
			defer cancel()
			cmd := exec.CommandContext(ctx, l.program, "testdata/"+l.script, host, port)
			cmd.Env = os.Environ()
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%s: %v\n%s", l.script, err, out)
			}
			equal(t, "the script's output", strings.TrimSpace(string(out)), `OK 1 null {"f":"1","g":"2"} ["m"] ["1","2"] 1 0`)
		})
	}
}
