package kv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/netordered/nopaxos/kv/internal/redis"
	"pgregory.net/rapid"
)

// do executes one command, given as words, and returns its reply.
func do(s *Store, slot, now uint64, command string) string {
	return string(s.Execute(slot, now, EncodeCommand(strings.Fields(command)...), nil))
}

// dump returns a snapshot of the state.
func dump(t interface{ Fatal(...any) }, s *Store) []byte {
	w, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// checkIndex checks that the index of deadlines of each database holds exactly the keys that have a deadline.
func checkIndex(t interface{ Fatalf(string, ...any) }, s *Store) {
	for db, sp := range s.spaces {
		if e, any := sp.expiring.Min(); any && e.expire < s.earliest {
			t.Fatalf("key %q has the deadline %d, the earliest is held to be %d", e.key, e.expire, s.earliest)
		}
		n := 0
		sp.keys.Scan(func(p place) bool {
			if p.expire == 0 {
				return true
			}
			n++
			if e, ok := sp.expiring.Get(p.entry); !ok || e != p.entry {
				t.Fatalf("key %q with deadline %d of database %d: the index of deadlines has %v", p.key, p.expire, db, e)
			}
			return true
		})
		if got := sp.expiring.Len(); got != n {
			t.Fatalf("the index of deadlines of database %d has %d entries, expected %d", db, got, n)
		}
	}
}

// step is one operation of a log.
type step struct {
	slot, now uint64
	op        []byte
}

var commandGenerators = []func(t *rapid.T) []string{
	words("SET", key, value), words("SET", key, value, "EX", ttl), words("SET", key, value, "KEEPTTL"),
	words("SET", key, value, "XX", "GET"), words("GET", key), words("GETSET", key, value), words("GETDEL", key),
	words("APPEND", key, value), words("APPEND", key, value), words("INCR", key), words("INCRBY", key, number),
	words("MSET", key, value, key, value), words("SETNX", key, value), words("PSETEX", key, ttl, value),
	words("DEL", key, key), words("EXPIRE", key, ttl), words("PEXPIRE", key, ttl, "LT"), words("PERSIST", key),
	words("TTL", key), words("HSET", key, field, value, field, value), words("HDEL", key, field, field),
	words("HINCRBY", key, field, number), words("HGETALL", key), words("HSETNX", key, field, value),
	words("LPUSH", key, value, value), words("RPUSH", key, value), words("LPOP", key, "2"), words("RPOP", key),
	words("LRANGE", key, "0", "-1"), words("SADD", key, field, field), words("SREM", key, field, field),
	words("SMEMBERS", key), words("KEYS", "*"), words("SCAN", "0"), words("DBSIZE"), words("FLUSHALL"),
	words("FLUSHDB"), words("SELECT", database), words("SWAPDB", database, database), words("INFO"),
	words("MOVE", key, database), words("COPY", key, key), words("COPY", key, key, "DB", database, "REPLACE"),
	words("TYPE", key), words("UNKNOWN", key), words("GET"),
}

// words returns a generator of commands. Each word is a constant or a generator.
func words(parts ...any) func(*rapid.T) []string {
	return func(t *rapid.T) []string {
		command := make([]string, len(parts))
		for i, p := range parts {
			switch p := p.(type) {
			case string:
				command[i] = p
			case func(*rapid.T) string:
				command[i] = p(t)
			}
		}
		return command
	}
}

func key(t *rapid.T) string { return "k" + rapid.StringMatching("[0-7]").Draw(t, "key") }

func database(t *rapid.T) string {
	return rapid.SampledFrom([]string{"0", "1", "15"}).Draw(t, "database")
}

func field(t *rapid.T) string { return rapid.StringMatching("[a-f]").Draw(t, "field") }

func value(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "1", "-7", "some text", strings.Repeat("long ", 40)}).Draw(t, "value")
}

func number(t *rapid.T) string { return fmt.Sprint(rapid.Int64().Draw(t, "number")) }

func ttl(t *rapid.T) string { return fmt.Sprint(rapid.IntRange(-1, 40).Draw(t, "ttl")) }

func operation(t *rapid.T) []byte {
	op := NewOperation(nil, rapid.SampledFrom([]uint8{0, 0, 1}).Draw(t, "database"))
	n := rapid.IntRange(1, 4).Draw(t, "commands")
	for range n {
		command := rapid.SampledFrom(commandGenerators).Draw(t, "command")(t)
		args := make([][]byte, len(command))
		for i, w := range command {
			args[i] = []byte(w)
		}
		op = AppendCommand(op, args...)
	}
	if rapid.Bool().Draw(t, "transaction") {
		return AppendTransaction(op[:OpOverhead:OpOverhead], op, n)
	}
	return op
}

// replay executes a log on a new store.
func replay(log []step) *Store {
	s := New()
	for _, st := range log {
		s.Execute(st.slot, st.now, st.op, nil)
	}
	return s
}

// TestUndo undoes, releases and snapshots at random points of random logs. The state, and every result,
// must equal those of executing the remaining log on a new store.
func TestUndo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		var log []step
		released, slot, now := uint64(0), uint64(0), uint64(0)
		var held io.WriterTo // a snapshot that is written later
		var heldState []byte
		t.Repeat(map[string]func(*rapid.T){
			"execute": func(t *rapid.T) {
				slot += rapid.Uint64Range(1, 3).Draw(t, "slots")
				now += rapid.Uint64Range(0, 30*uint64(time.Second)).Draw(t, "time")
				st := step{slot, now, operation(t)}
				want := replay(log).Execute(slot, now, st.op, nil)
				log = append(log, st)
				if got := s.Execute(slot, now, st.op, nil); !bytes.Equal(got, want) {
					t.Fatalf("result %q, expected %q", got, want)
				}
			},
			"undo": func(t *rapid.T) {
				to := rapid.Uint64Range(released, slot).Draw(t, "to")
				s.Undo(to)
				for len(log) > 0 && log[len(log)-1].slot > to {
					log = log[:len(log)-1]
				}
				slot = to
				if len(log) > 0 {
					now = log[len(log)-1].now
				} else {
					now = 0
				}
			},
			"release": func(t *rapid.T) {
				released = rapid.Uint64Range(released, slot).Draw(t, "to")
				s.Release(released)
			},
			"hold": func(t *rapid.T) {
				heldState = dump(t, replay(log))
				held, _ = s.Snapshot()
			},
			"write": func(t *rapid.T) {
				if held == nil {
					t.Skip("no snapshot is held")
				}
				var b bytes.Buffer
				if _, err := held.WriteTo(&b); err != nil || !bytes.Equal(b.Bytes(), heldState) {
					t.Fatalf("the snapshot is (%v)\n%q, expected\n%q", err, b.Bytes(), heldState)
				}
			},
			"restore": func(t *rapid.T) {
				fresh := New()
				if err := fresh.Restore(bytes.NewReader(dump(t, s))); err != nil {
					t.Fatal(err)
				}
				fresh.Release(slot)
				s, released = fresh, slot
			},
			"": func(t *rapid.T) {
				checkIndex(t, s)
				if rapid.Bool().Draw(t, "compare") { // not always: after a snapshot, writes copy
					if got, want := dump(t, s), dump(t, replay(log)); !bytes.Equal(got, want) {
						t.Fatalf("state\n%q, expected\n%q", got, want)
					}
				}
			},
		})
	})
}

// TestSnapshotDuringExecute writes snapshots on other goroutines while the store executes and undoes
// operations. Each must equal the state at the time of its Snapshot call. The race detector checks the
// shared memory.
func TestSnapshotDuringExecute(t *testing.T) {
	type result struct{ got, want []byte }
	results := make(chan result)
	s := New()
	const snapshots = 40
	slot := uint64(0)
	for i := range snapshots {
		for j := range 100 {
			slot++
			k := (i*31 + j*7) % 50
			for _, c := range []string{
				"SET s%d v%[2]d", "APPEND s%d +%[2]d", "HSET h%d f%[2]d x", "RPUSH l%d %[2]d", "LPOP l%d", "SADD m%d %[2]d", "EXPIRE m%d 100",
			} {
				do(s, slot, slot, fmt.Sprintf(c, k, j))
			}
		}
		want := dump(t, s)
		w, err := s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			var b bytes.Buffer
			_, _ = w.WriteTo(&b)
			results <- result{b.Bytes(), want}
		}()
		s.Undo(slot - 10)
		s.Release(slot - 10)
		if i == snapshots/2 {
			do(s, slot, slot, "FLUSHALL")
		}
	}
	for range snapshots {
		if r := <-results; !bytes.Equal(r.got, r.want) {
			t.Fatalf("snapshot\n%q, expected\n%q", r.got, r.want)
		}
	}
}

func TestActiveExpiry(t *testing.T) {
	s := New()
	const n = 10 * maxExpired
	for i := range uint64(n) {
		do(s, i+1, 0, fmt.Sprintf("SETEX k%d 1 v", i))
	}
	for i := range uint64(10) {
		if got, want := s.space.keys.Len(), n-int(i)*maxExpired; got != want {
			t.Fatalf("%d keys are left after %d operations, expected %d", got, i, want)
		}
		do(s, n+1+i, uint64(time.Second), "PING")
	}
	s.Undo(n)
	if got := s.space.keys.Len(); got != n {
		t.Fatalf("%d keys after Undo, expected %d", got, n)
	}
	checkIndex(t, s)
}

func TestMalformedOperation(t *testing.T) {
	good := EncodeCommand("SET", "a", "1")
	for name, op := range map[string][]byte{
		"empty":               {},
		"version":             {1, 0, 1, 1, 'x'},
		"header":              {opVersion},
		"database":            {opVersion, Databases, 1, 4, 'P', 'I', 'N', 'G'},
		"short argument":      good[:len(good)-1],
		"second item broken":  append(bytes.Clone(good), 3),
		"huge count":          {opVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"transaction short":   AppendTransaction(nil, good, 2),
		"transaction nested":  AppendTransaction(nil, AppendTransaction(nil, good, 1), 2),
		"transaction absurd":  {opVersion, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"overlong varint":     {opVersion, 0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01},
		"argument length lie": {opVersion, 0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 'x'},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			got := string(s.Execute(1, 0, op, []byte("before")))
			if !strings.HasPrefix(got, "before-ERR malformed operation: ") || !strings.HasSuffix(got, "\r\n") {
				t.Errorf("result %q", got)
			}
			if s.space.keys.Len() != 0 {
				t.Error("a malformed operation changed the state")
			}
		})
	}
}

func TestReplyLimit(t *testing.T) {
	s := New()
	big := strings.Repeat("x", maxValue)
	for i := range 4 {
		s.Execute(uint64(i+1), 0, EncodeCommand("SET", fmt.Sprint("k", i), big), nil)
		s.Execute(uint64(i+1), 0, EncodeCommand("RPUSH", "l", big), nil)
	}
	want := "-" + errReplyLimit + "\r\n"
	for _, c := range []string{"MGET k0 k1 k2 k3", "LRANGE l 0 -1", "LPOP l 4"} {
		if got := do(s, 9, 0, c); got != want {
			t.Errorf("%s replies %d bytes, expected %q", c, len(got), want)
		}
	}
	if got := do(s, 10, 0, "LLEN l"); got != ":4\r\n" {
		t.Errorf("LLEN replies %q after a pop whose reply exceeded the limit, expected 4", got)
	}
	// In a transaction, the replies share the limit.
	var op []byte
	for _, command := range []string{"GET k0", "GET k0", "GETDEL k1", "GET k0", "INCR n"} {
		op = AppendCommand(op, bytes.Fields([]byte(command))...)
	}
	got := string(s.Execute(11, 0, AppendTransaction(nil, op, 5), nil))
	if !strings.HasSuffix(got, "\r\n"+want+want+":1\r\n") {
		t.Errorf("the transaction's last replies are %q", got[max(0, len(got)-200):])
	}
	if got := do(s, 11, 0, "STRLEN k1"); got != fmt.Sprintf(":%d\r\n", maxValue) {
		t.Errorf("STRLEN replies %q after a GETDEL whose reply exceeded the limit", got)
	}
	if got := do(s, 12, 0, "APPEND k0 x"); got != "-"+errTooLong+"\r\n" {
		t.Errorf("APPEND beyond the limit replies %q", got)
	}
}

// TestLongReplies executes operations whose replies together exceed the limit until each command has a reply,
// as the front-end does. Every command must take effect once, and have the reply that it has alone.
func TestLongReplies(t *testing.T) {
	s := New()
	big := strings.Repeat("x", maxValue-9)
	slot := uint64(0)
	for i := range 8 {
		slot++
		s.Execute(slot, 0, EncodeCommand("SET", fmt.Sprint("k", i), big), nil)
		s.Execute(slot, 0, EncodeCommand("RPUSH", "l", big), nil)
	}
	bulk := fmt.Sprintf("$%d\r\n%s\r\n", len(big), big)
	commands := []struct{ command, want string }{
		{"INCR n", ":1\r\n"}, {"GET k0", bulk}, {"GETDEL k1", bulk}, {"INCR n", ":2\r\n"}, {"GETDEL k2", bulk}, {"INCR n", ":3\r\n"},
		{"GETDEL k3", bulk}, {"GETSET k4 v", bulk}, {"SET k5 v GET", bulk}, {"LPOP l 2", "*2\r\n" + bulk + bulk}, {"RPOP l", bulk},
		{"MGET k0 k6 k7 k0", "-" + errReplyLimit + "\r\n"}, {"LLEN l", ":5\r\n"}, {"GET k0", bulk}, {"INCR n", ":4\r\n"},
		{"EXISTS k1 k2 k3", ":0\r\n"}, {"MGET k4 k5", "*2\r\n$1\r\nv\r\n$1\r\nv\r\n"},
	}
	operations := 0
	for rest := commands; len(rest) > 0; operations++ {
		var op []byte
		for _, c := range rest {
			op = AppendCommand(op, bytes.Fields([]byte(c.command))...)
		}
		slot++
		result := string(s.Execute(slot, 0, op, nil))
		if len(result) > maxReplies {
			t.Errorf("the result is %d bytes long, the limit is %d", len(result), maxReplies)
		}
		if result == "" {
			t.Fatalf("an operation of %d commands has no replies", len(rest))
		}
		for result != "" {
			if !strings.HasPrefix(result, rest[0].want) {
				t.Fatalf("%s replies %.80q…", rest[0].command, result)
			}
			result = result[len(rest[0].want):]
			rest = rest[1:]
		}
	}
	if operations != 6 {
		t.Errorf("the commands took %d operations, expected 6", operations)
	}
}

// TestPopAtTheReplyLimit pops elements whose bulk strings just fit the limit, without and with the head of the array
// before them. A pop that gets no reply must leave the elements: the front-end executes it again.
func TestPopAtTheReplyLimit(t *testing.T) {
	const elements = 3
	bulk := func(size int) string { return strings.Repeat("x", size-len("$1048576\r\n\r\n")) }
	for room := range 6 { // bytes left for the head, which takes 4
		for _, command := range []string{"LPOP l 3", "RPOP l 3"} {
			s := New()
			left := maxReplies - room
			for i := range elements {
				size := left / (elements - i)
				left -= size
				s.Execute(1, 0, EncodeCommand("RPUSH", "l", bulk(size)), nil)
			}
			got, want, remain := do(s, 2, 0, command), "*3\r\n", ":0\r\n"
			if room < len(want) {
				want, remain = "-"+errReplyLimit+"\r\n", ":3\r\n"
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s with %d bytes left replies %.80q, expected %q", command, room, got, want)
			}
			if got := do(s, 3, 0, "LLEN l"); got != remain {
				t.Errorf("after %s with %d bytes left LLEN replies %q, expected %q", command, room, got, remain)
			}
		}
	}
}

// TestTransactionHasRoom checks that the room for a transaction's replies does not depend on its place.
func TestTransactionHasRoom(t *testing.T) {
	s := New()
	s.Execute(1, 0, EncodeCommand("SET", "k", strings.Repeat("x", maxValue-9)), nil)
	op := AppendCommand(nil, []byte("GET"), []byte("k"))
	multi := AppendTransaction(op, AppendCommand(nil, []byte("INCR"), []byte("n")), 1)
	if got := s.Execute(2, 0, multi, nil); len(got) != bulkSize(maxValue-9) {
		t.Errorf("an operation of a long reply and a transaction replies %d bytes, expected only the long reply", len(got))
	}
	if got := do(s, 3, 0, "EXISTS n"); got != ":0\r\n" {
		t.Errorf("EXISTS replies %q: the transaction was executed without a reply", got)
	}
}

func TestBulkSize(t *testing.T) {
	for _, n := range []int{0, 1, 9, 10, 99, 100, 1 << 20} {
		if got, want := bulkSize(n), len(redis.AppendBulk(nil, make([]byte, n))); got != want {
			t.Errorf("bulkSize(%d) = %d, expected %d", n, got, want)
		}
	}
}

func TestUndoBelowReleasePanics(t *testing.T) {
	s := New()
	do(s, 1, 0, "SET a 1")
	do(s, 2, 0, "SET a 2")
	s.Release(2)
	defer func() {
		if recover() == nil {
			t.Error("Undo of a released slot did not panic")
		}
	}()
	s.Undo(1)
}

// TestLoadDuringExecute loads a snapshot of one store into another that executes meanwhile, which the race detector
// watches. The other store keeps its state until install, and then has the first one's; a view that it took before
// stays as it was.
func TestLoadDuringExecute(t *testing.T) {
	set := func(s *Store, slot uint64, key, value string) {
		s.Execute(slot, 0, AppendCommand(nil, []byte("SET"), []byte(key), []byte(value)), nil)
	}
	from, to := New(), New()
	for i := range uint64(500) {
		set(from, i+1, fmt.Sprint("key", i), "loaded")
	}
	want := dump(t, from)
	set(to, 1, "own", "1")
	view, err := to.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, to)
	installs := make(chan func())
	go func() {
		install, err := to.Load(bytes.NewReader(want))
		if err != nil {
			t.Error(err)
		}
		installs <- install
	}()
	var install func()
	for slot := uint64(2); install == nil; slot++ {
		set(to, slot, "own", fmt.Sprint(slot))
		select {
		case install = <-installs:
		default:
		}
	}
	install()
	if got := dump(t, to); !bytes.Equal(got, want) {
		t.Error("the state differs from the one that was loaded")
	}
	set(to, 1000, "key1", "changed")
	var old bytes.Buffer
	if _, err := view.WriteTo(&old); err != nil || !bytes.Equal(old.Bytes(), before) {
		t.Errorf("the view has changed (%v)", err)
	}
}

func TestRestoreErrors(t *testing.T) {
	s := New()
	for i, c := range []string{"SET a 1", "HSET h f v g w", "RPUSH l 1 2", "SADD s a b", "EXPIRE a 10"} {
		do(s, uint64(i+1), 5, c)
	}
	good := dump(t, s)
	if err := New().Restore(bytes.NewReader(good)); err != nil {
		t.Fatal(err)
	}
	for i := range good {
		if err := New().Restore(bytes.NewReader(good[:i])); err == nil {
			t.Errorf("the first %d bytes of a snapshot restore without an error", i)
		}
		bad := bytes.Clone(good)
		bad[i] ^= 0x40
		if err := New().Restore(bytes.NewReader(bad)); err == nil {
			t.Errorf("a snapshot with byte %d changed restores without an error", i)
		}
	}
	if err := New().Restore(bytes.NewReader(append(good, 0))); err == nil {
		t.Error("a snapshot with a byte too many restores without an error")
	}
	before := dump(t, s)
	if err := s.Restore(strings.NewReader("NPKV\x02\x01\x00\x01")); err == nil {
		t.Error("a truncated snapshot restores without an error")
	} else if !bytes.Equal(before, dump(t, s)) {
		t.Error("a failed Restore changed the state")
	}
}

func FuzzExecute(f *testing.F) {
	f.Add(EncodeCommand("SET", "a", "1"))
	f.Add(AppendTransaction(nil, EncodeCommand("HSET", "h", "f", "v"), 1))
	f.Add([]byte{opVersion, 0, 0, 0})
	for c := range commands {
		f.Add(EncodeCommand(c, "k", "1", "2"))
	}
	f.Fuzz(func(t *testing.T, op []byte) {
		s := New()
		do(s, 1, 0, "SET k 1")
		do(s, 2, 0, "RPUSH l 1 2 3")
		before := dump(t, s)
		result := s.Execute(3, 0, op, nil)
		for len(result) > 0 {
			var err error
			if _, result, err = ParseReply(result); err != nil {
				t.Fatalf("result of %q: %v", op, err)
			}
		}
		s.Undo(2)
		if !bytes.Equal(dump(t, s), before) {
			t.Fatalf("Undo of %q does not restore the state", op)
		}
	})
}

func withoutSum(snapshot []byte) []byte { return snapshot[:len(snapshot)-8] }

func FuzzRestore(f *testing.F) {
	s := New()
	f.Add(withoutSum(dump(f, s)))
	do(s, 1, 0, "SETEX a 10 v")
	do(s, 1, 0, "HSET h f v")
	do(s, 1, 0, "RPUSH l a b")
	do(s, 1, 0, "SADD s a b")
	f.Add(withoutSum(dump(f, s)))
	f.Fuzz(func(t *testing.T, b []byte) {
		b = binary.LittleEndian.AppendUint64(b[:len(b):len(b)], xxhash.Sum64(b)) // else most inputs fail at the checksum
		s := New()
		if s.Restore(bytes.NewReader(b)) != nil {
			return
		}
		checkIndex(t, s)
		again := New()
		if err := again.Restore(bytes.NewReader(dump(t, s))); err != nil {
			t.Fatalf("restored from %q, the state's snapshot fails: %v", b, err)
		}
	})
}

func FuzzParseReply(f *testing.F) {
	f.Add([]byte("*2\r\n$1\r\na\r\n*1\r\n:1\r\n"))
	f.Add([]byte("-ERR x\r\n"))
	f.Add([]byte("*1000000\r\n"))
	f.Add([]byte("$-1\r\n+OK\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, rest, err := ParseReply(b); err == nil && len(rest) >= len(b) {
			t.Fatalf("reading a reply from %q consumed nothing", b)
		}
	})
}

func benchmarkCommand(b *testing.B, command string) {
	s := New()
	for i := range 1000 {
		do(s, 1, 0, fmt.Sprintf("SET key:%d value", i))
	}
	op := EncodeCommand(strings.Fields(command)...)
	result := make([]byte, 0, 256)
	slot := uint64(1)
	b.ReportAllocs()
	for b.Loop() {
		slot++
		result = s.Execute(slot, slot, op, result[:0])
		if slot%1000 == 0 {
			s.Release(slot - 500)
		}
	}
}

func BenchmarkGet(b *testing.B)  { benchmarkCommand(b, "GET key:7") }
func BenchmarkSet(b *testing.B)  { benchmarkCommand(b, "SET key:7 some-other-value") }
func BenchmarkIncr(b *testing.B) { benchmarkCommand(b, "INCR counter") }
func BenchmarkHSet(b *testing.B) { benchmarkCommand(b, "HSET hash field value") }

func TestSteadyStateDoesNotAllocate(t *testing.T) {
	for _, command := range []string{"GET key", "SET key other", "SETEX key 10 v", "INCR n", "APPEND key2 x"} {
		t.Run(command, func(t *testing.T) {
			s := New()
			do(s, 1, 0, "SET key value")
			do(s, 1, 0, "SETEX expiring 1000 value")
			do(s, 1, 0, "SET key2 "+strings.Repeat("x", 3000)) // has capacity for what the runs append
			op := EncodeCommand(strings.Fields(command)...)
			result := make([]byte, 0, 256)
			slot := uint64(1)
			run := func() {
				slot++
				result = s.Execute(slot, slot, op, result[:0])
				if slot%16 == 0 {
					s.Release(slot - 8)
				}
			}
			for range 64 {
				run()
			}
			if n := testing.AllocsPerRun(500, run); n != 0 {
				t.Errorf("%v allocations per operation, expected none", n)
			}
		})
	}
}

// BenchmarkSnapshot takes snapshots of a large store without writing them out.
func BenchmarkSnapshot(b *testing.B) {
	s := New()
	for i := range 100_000 {
		do(s, 1, 0, fmt.Sprintf("SET key:%d value", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Snapshot(); err != nil {
			b.Fatal(err)
		}
	}
}
