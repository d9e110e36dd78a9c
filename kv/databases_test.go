package kv

import (
	"bytes"
	"strings"
	"testing"
)

// TestDatabases runs commands, each in an operation that begins in database 0.
func TestDatabases(t *testing.T) {
	s := New()
	slot := uint64(0)
	for _, c := range []struct{ commands, want string }{
		{"SET a 0; SELECT 1; SET a 1; GET a", "+OK; +OK; +OK; $1 1"},
		{"GET a", "$1 0"}, // the operation's database, not the last one's
		{"SELECT 15; GET a; SELECT 16; SELECT -1; DBSIZE", "+OK; $-1; -ERR DB index is out of range; -ERR DB index is out of range; :0"},
		{"MOVE a 1; MOVE a 2; MOVE a 2; DBSIZE; SELECT 2; GET a", ":0; :1; :0; :0; +OK; $1 0"},
		{"SELECT 2; PEXPIRE a 500; COPY a b; COPY a b; COPY a a DB 3; SELECT 3; PTTL a", "+OK; :1; :1; :0; :1; +OK; :500"},
		{"SELECT 1; COPY a a DB 3; COPY a a DB 3 REPLACE; SELECT 3; GET a; TTL a", "+OK; :0; :1; +OK; $1 1; :-1"},
		{"SWAPDB 0 3; GET a; SELECT 3; DBSIZE", "+OK; $1 1; +OK; :0"},
		{"SELECT 3; SET c 1; SWAPDB 3 4; EXISTS c; SELECT 4; GET c", "+OK; +OK; +OK; :0; +OK; $1 1"},
		{"HSET h f 1; COPY h g; HSET g f 2; HGET h f; HGET g f", ":1; :1; :0; $1 1; $1 2"},
		{"INFO", "$140 # Keyspace; db0:keys=3,expires=0,avg_ttl=0; db1:keys=1,expires=0,avg_ttl=0; db2:keys=2,expires=2,avg_ttl=0; db4:keys=1,expires=0,avg_ttl=0; "},
		{"SELECT 2; FLUSHDB; DBSIZE; SELECT 1; DBSIZE; FLUSHALL; SELECT 4; DBSIZE; INFO", "+OK; +OK; :0; +OK; :1; +OK; +OK; :0; $12 # Keyspace; "},
	} {
		op := NewOperation(nil, 0)
		for command := range strings.SplitSeq(c.commands, "; ") {
			op = AppendCommand(op, bytes.Fields([]byte(command))...)
		}
		slot++
		got := string(s.Execute(slot, 0, op, nil))
		// "$1\r\n1\r\n" reads as "$1 1", and replies are separated by "; ".
		got = strings.ReplaceAll(strings.TrimSuffix(got, "\r\n"), "\r\n", "; ")
		for _, head := range []string{"$1", "$12", "$140"} {
			got = strings.ReplaceAll(got, head+"; ", head+" ")
		}
		if got != c.want {
			t.Errorf("%s\nreplies  %s\nexpected %s", c.commands, got, c.want)
		}
	}
	s.Undo(0)
	if got, want := dump(t, s), dump(t, New()); !bytes.Equal(got, want) {
		t.Errorf("after Undo of everything the state is\n%q, expected\n%q", got, want)
	}
}

// TestOldSnapshot checks that the reader names both versions when it refuses a snapshot.
func TestOldSnapshot(t *testing.T) {
	err := New().Restore(strings.NewReader("NPKV\x01\x00"))
	if want := "kv: restoring a snapshot: its version is 1, expected 2"; err == nil || err.Error() != want {
		t.Errorf("Restore returns %v, expected %s", err, want)
	}
}
