package kv

import (
	"encoding/hex"
	"testing"
)

// TestSnapshotFormat pins the snapshot's bytes, which replicas of different versions exchange.
func TestSnapshotFormat(t *testing.T) {
	s := New()
	for i, c := range []string{"SETEX str 10 value", "HSET hash g 2 f 1", "RPUSH list a b", "LPUSH list z", "SADD set m k"} {
		do(s, uint64(i+1), 5, c)
	}
	do(s, 6, 5, "COPY hash other DB 9")
	const want = "4e504b56" + "02" + "02" + // NPKV, version, databases
		"00" + "04" + // keys in the order of their hashes
		"04" + "03736574" + "00" + "02" + "016b" + "016d" +
		"01" + "03737472" + "904e" + "0576616c7565" +
		"03" + "046c697374" + "00" + "03" + "017a" + "0161" + "0162" +
		"02" + "0468617368" + "00" + "02" + "0166" + "0131" + "0167" + "0132" +
		"09" + "01" + "02" + "056f74686572" + "00" + "02" + "0166" + "0131" + "0167" + "0132"
	got := hex.EncodeToString(withoutSum(dump(t, s)))
	if got != want {
		t.Errorf("snapshot\n%s, expected\n%s", got, want)
	}
}

// TestOperationFormat pins the bytes of operations, which are stored in logs.
func TestOperationFormat(t *testing.T) {
	op := AppendCommand(nil, []byte("GET"), []byte("a"))
	if got, want := hex.EncodeToString(op), "0200"+"0203474554"+"0161"; got != want {
		t.Errorf("operation %s, expected %s", got, want)
	}
	if got, want := CommandSize([]byte("GET"), []byte("a")), len(op)-OpOverhead; got != want {
		t.Errorf("CommandSize is %d, expected %d", got, want)
	}
	multi := AppendTransaction(op, op, 1)
	if got, want := hex.EncodeToString(multi), hex.EncodeToString(op)+"0001"+"0203474554"+"0161"; got != want {
		t.Errorf("operation %s, expected %s", got, want)
	}
	if got, want := TransactionSize(op, 1), len(multi)-len(op); got != want {
		t.Errorf("TransactionSize is %d, expected %d", got, want)
	}
	if got, want := string(New().Execute(1, 0, multi, nil)), "$-1\r\n*1\r\n$-1\r\n"; got != want {
		t.Errorf("result %q, expected %q", got, want)
	}
}

// TestExpiry runs commands at given logical times.
func TestExpiry(t *testing.T) {
	s := New()
	for i, c := range []struct {
		now           uint64 // in ms
		command, want string
	}{
		{0, "SET a 1 PX 1000", "+OK"}, {0, "PTTL a", ":1000"}, {0, "TTL a", ":1"}, {400, "PTTL a", ":600"}, {501, "TTL a", ":0"},
		{999, "GET a", "$1\r\n1"}, {1000, "GET a", "$-1"}, {1000, "TTL a", ":-2"}, {1000, "DBSIZE", ":0"},
		{2000, "SETEX b 10 v", "+OK"}, {2000, "EXPIRE b 20 GT", ":1"}, {2000, "EXPIRE b 20 GT", ":0"}, {2000, "TTL b", ":20"},
		{3000, "SET b w KEEPTTL", "+OK"}, {3000, "TTL b", ":19"}, {3000, "APPEND b x", ":2"}, {3000, "PTTL b", ":19000"},
		{3000, "GETSET b y", "$2\r\nwx"}, {3000, "TTL b", ":-1"}, {3000, "EXPIRE b 1", ":1"}, {3000, "PERSIST b", ":1"}, {9000, "GET b", "$1\r\ny"},
		{9000, "HSET h f v", ":1"}, {9000, "PEXPIRE h 5", ":1"}, {9004, "HLEN h", ":1"}, {9005, "HSET h g v", ":1"}, {9005, "TTL h", ":-1"},
		{9005, "EXPIRE h -1", ":1"}, {9005, "EXISTS h", ":0"},
		{9005, "SET a 1 EXAT 1", "-" + errWallClock}, {9005, "SET a 1 PXAT 1", "-" + errWallClock},
		{9005, "SET a 1 EX 9223372036854766", "+OK"}, {9005, "PTTL a", ":9223372036854766000"}, {9005, "TTL a", ":9223372036854766"},
		{9005, "SET a 1 PX 9223372036854766803", "-ERR invalid expire time in 'set' command"}, {9005, "SET a 1 PX 9223372036854766802", "+OK"},
		{9005, "PEXPIRE a 9223372036854766803", "-ERR invalid expire time in 'pexpire' command"},
		{9005, "PEXPIRE a -9223372036854775808 GT", ":0"}, {9005, "PEXPIRE a -9223372036854775808 LT", ":1"}, {9005, "EXISTS a", ":0"},
	} {
		if got := do(s, uint64(i+1), c.now*nanosPerMilli, c.command); got != c.want+"\r\n" {
			t.Errorf("at %d ms %s replies %q, expected %q", c.now, c.command, got, c.want)
		}
	}
}
