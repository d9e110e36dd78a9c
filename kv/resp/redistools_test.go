package resp

import (
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// tool runs a program of redis-tools against the server and returns its output.
func tool(t *testing.T, s *Server, name string, args ...string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s on PATH", name)
	}
	host, port, err := net.SplitHostPort(s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path, append([]string{"-h", host, "-p", port}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestRedisCLI(t *testing.T) {
	s, _ := start(t, Config{})
	for _, c := range []struct{ args, want string }{
		{"PING", "PONG\n"}, {"SET a 1", "OK\n"}, {"GET a", "1\n"}, {"-3 INCR a", "2\n"}, {"NOSUCH", "ERR unknown command 'NOSUCH', with args beginning with: \n\n"},
		{"--scan", "a\n"}, {"-r 3 INCR a", "3\n4\n5\n"},
		{"-n 1 GET a", "\n"}, {"-n 1 SET a one", "OK\n"}, {"-n 1 GET a", "one\n"}, {"GET a", "5\n"},
	} {
		if got := tool(t, s, "redis-cli", strings.Fields(c.args)...); !strings.HasSuffix(got, c.want) {
			t.Errorf("redis-cli %s prints %q, expected %q", c.args, got, c.want)
		}
	}
}

func TestRedisBenchmark(t *testing.T) {
	s, l := start(t, Config{})
	out := tool(t, s, "redis-benchmark", "-t", "ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,lrange_100,mset", "-n", "2000", "-P", "16", "-c", "20", "-q")
	for _, name := range []string{"SET", "GET", "INCR", "LPUSH", "HSET", "LRANGE_100", "MSET"} {
		if !strings.Contains(out, name) {
			t.Errorf("no result of %s", name)
		}
	}
	if strings.Contains(strings.ToLower(out), "err") {
		t.Errorf("redis-benchmark complains:\n%s", out)
	}
	t.Logf("%d operations\n%s", len(l.sizes), out)
}

// averageTTL is what Redis estimates in INFO from samples.
var averageTTL = regexp.MustCompile(`avg_ttl=\d+`)

// TestSameAsRedis sends random commands to this server and to redis-server and compares the replies, sorted
// where Redis does not define an order.
func TestSameAsRedis(t *testing.T) {
	redis := dial(t, startRedis(t))
	s, _ := start(t, Config{})
	ours := dial(t, s.Addr().String())
	key := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	value := rapid.SampledFrom([]string{"1", "-3", "07", "text", "''", "9223372036854775807", "-9223372036854775808"})
	index := rapid.SampledFrom([]string{"0", "1", "2", "-1", "-2", "-100", "100", "x"})
	database := rapid.SampledFrom([]string{"0", "1", "1", "15", "16", "-1", "01", "x"})
	ttl := rapid.SampledFrom([]string{"500000", "1000000", "0", "-1", "9223370000000000", "-9223372036854776", "9223372036854776", "x"})
	words := map[string]*rapid.Generator[string]{"key": key, "value": value, "index": index, "database": database, "ttl": ttl}
	shapes := []string{
		"SET key value", "SET key value NX", "SET key value XX GET", "SET key value EX 1000000", "GET key", "GETSET key value", "GETDEL key",
		"DEL key key", "EXISTS key key", "INCR key", "DECR key", "INCRBY key value", "DECRBY key value", "APPEND key value",
		"STRLEN key", "SETNX key value", "MGET key key", "MSET key value key value", "EXPIRE key 1000000", "EXPIRE key x", "PERSIST key", "TYPE key",
		"HSET key value value", "HSET key value value value value", "HSET key value", "HGET key value", "HDEL key value value", "HGETALL key",
		"HINCRBY key value value", "HLEN key", "HEXISTS key value", "HMGET key value value", "HSETNX key value value",
		"LPUSH key value value", "RPUSH key value", "LPOP key", "RPOP key", "LPOP key index", "RPOP key index", "LRANGE key index index", "LLEN key", "LINDEX key index",
		"SADD key value value", "SREM key value", "SISMEMBER key value", "SMEMBERS key", "SCARD key", "SMISMEMBER key value value",
		"SELECT database", "SELECT database", "MOVE key database", "COPY key key", "COPY key key DB database", "COPY key key REPLACE",
		"SWAPDB database database", "FLUSHDB", "INFO keyspace", "CLIENT SETNAME value", "CLIENT GETNAME", "CONFIG GET save", "CONFIG NOSUCH",
		"EXPIRE key ttl", "EXPIRE key ttl NX", "EXPIRE key ttl LT", "PEXPIRE key ttl LT", "SET key value EX ttl EX ttl",
		"SET key value KEEPTTL", "SETEX key ttl value", "PSETEX key ttl value", "SELECT", "MOVE key", "SWAPDB 0",
		"KEYS *", "DBSIZE", "FLUSHALL", "MULTI", "EXEC", "DISCARD", "NOSUCH key", "GET", "LPUSH key",
	}
	unordered := map[string]bool{"HGETALL": true, "SMEMBERS": true, "KEYS": true}
	rapid.Check(t, func(rt *rapid.T) {
		for _, p := range []*peer{redis, ours} {
			p.do("RESET")
			p.do("FLUSHALL")
		}
		if rapid.Bool().Draw(rt, "RESP 3") {
			redis.do("HELLO 3")
			ours.do("HELLO 3")
		}
		inMulti := false
		for range rapid.IntRange(1, 60).Draw(rt, "commands") {
			fields := strings.Fields(rapid.SampledFrom(shapes).Draw(rt, "shape"))
			for i, f := range fields {
				if g := words[f]; g != nil {
					fields[i] = g.Draw(rt, f)
				}
			}
			if inMulti && unordered[fields[0]] {
				continue
			}
			inMulti = fields[0] == "MULTI" || inMulti && fields[0] != "EXEC" && fields[0] != "DISCARD"
			command := strings.Join(fields, " ")
			want, got := redis.do(command), ours.do(command)
			if unordered[fields[0]] {
				slices.Sort(want)
				slices.Sort(got)
			}
			if averageTTL.ReplaceAllString(fmt.Sprint(want), "") != averageTTL.ReplaceAllString(fmt.Sprint(got), "") {
				rt.Fatalf("%s\nanswers  %q\nexpected %q", command, got, want)
			}
		}
	})
}
