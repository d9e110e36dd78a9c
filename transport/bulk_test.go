package transport

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"
)

// bulkPair returns a sender, a receiver and the messages that the receiver gets.
func bulkPair(t *testing.T, sender, receiver bulkConfig) (from, to *UDP, got chan []byte) {
	from = listen(t, UDPConfig{bulk: sender})
	to = listen(t, UDPConfig{BulkAddr: "127.0.0.1:0", bulk: receiver})
	got = make(chan []byte, 1000)
	run(t, from, &node{})
	run(t, to, &node{bulk: func(_ time.Duration, b []byte) { got <- b }})
	return from, to, got
}

func sendBulk(u *UDP, to netip.AddrPort, b []byte) {
	u.Post(func(time.Duration) { u.SendBulk(to, b) })
}

func TestBulkSizes(t *testing.T) {
	from, to, got := bulkPair(t, bulkConfig{}, bulkConfig{})
	for _, size := range []int{0, 1, bulkChunk - 1, bulkChunk, bulkChunk + 1, 10 << 20} {
		b := make([]byte, size)
		rand.NewChaCha8([32]byte{1}).Read(b)
		sendBulk(from, to.BulkAddr(), b)
		if r := <-got; !bytes.Equal(r, b) {
			t.Errorf("message of %d bytes arrived with %d bytes, or changed", size, len(r))
		}
	}
	if s := to.Stats(); s.BulkIn != 6 {
		t.Errorf("%d messages counted, expected 6", s.BulkIn)
	}
	if left := to.bulk.memory.Load(); left != int64(to.cfg.bulk.receiveBytes) {
		t.Errorf("%d bytes accounted for after everything was delivered, expected %d", left, to.cfg.bulk.receiveBytes)
	}
}

func TestBulkKeepsOrder(t *testing.T) {
	from, to, got := bulkPair(t, bulkConfig{}, bulkConfig{incomingQueued: 1})
	const count = 200
	from.Post(func(time.Duration) {
		for i := range count {
			from.SendBulk(to.BulkAddr(), binary.BigEndian.AppendUint32(nil, uint32(i)))
		}
	})
	for i := range count {
		if n := binary.BigEndian.Uint32(<-got); n != uint32(i) {
			t.Fatalf("message %d arrived as number %d", n, i)
		}
	}
}

// waitFor reads the counters after each turn of the loop until they satisfy ok.
func waitFor(u *UDP, ok func(Stats) bool) {
	for !ok(u.Stats()) {
		turn := make(chan struct{})
		u.Post(func(time.Duration) { close(turn) })
		<-turn
	}
}

func TestBulkToADeadPeerAndItsReturn(t *testing.T) {
	from := listen(t, UDPConfig{})
	run(t, from, &node{})
	first := listen(t, UDPConfig{BulkAddr: "127.0.0.1:0"})
	addr := first.BulkAddr()
	got := make(chan []byte, 1)
	stop := run(t, first, &node{bulk: func(_ time.Duration, b []byte) { got <- b }})
	sendBulk(from, addr, []byte("first"))
	<-got
	stop()

	waitFor(from, func(s Stats) bool {
		sendBulk(from, addr, []byte("lost"))
		return s.BulkDropped > 0
	})

	second := listen(t, UDPConfig{BulkAddr: addr.String()})
	run(t, second, &node{bulk: func(_ time.Duration, b []byte) {
		select {
		case got <- b:
		default:
		}
	}})
	waitFor(from, func(Stats) bool {
		sendBulk(from, addr, []byte("second"))
		return len(got) > 0
	})
}

func TestBulkQueueIsBounded(t *testing.T) {
	// A listener that never reads: the queue fills up.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	to := l.Addr().(*net.TCPAddr).AddrPort()
	from := listen(t, UDPConfig{bulk: bulkConfig{queueMessages: 4, queueBytes: 100 << 20}})
	run(t, from, &node{})
	from.Post(func(time.Duration) {
		for range 10 {
			from.SendBulk(to, make([]byte, 20<<20))
		}
		from.SendBulk(to, make([]byte, MaxBulk+1))
		from.SendBulk(netip.AddrPort{}, []byte("x"))
	})
	waitFor(from, func(s Stats) bool { return s.BulkDropped >= 7 })
}

func TestBulkRefusesWhatLies(t *testing.T) {
	for name, tc := range map[string]struct {
		length  uint32
		send    int
		refused uint64
	}{
		"longer than MaxBulk":       {length: MaxBulk + 1, refused: 1},
		"more than the memory left": {length: 4 << 20, send: 4 << 20, refused: 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, to, _ := bulkPair(t, bulkConfig{}, bulkConfig{receiveBytes: 1 << 20})
			conn, err := net.Dial("tcp", to.BulkAddr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go func() { // fails when the other side closes
				_, _ = conn.Write(binary.BigEndian.AppendUint32(nil, tc.length))
				_, _ = conn.Write(make([]byte, tc.send))
			}()
			if n, err := conn.Read(make([]byte, 1)); err == nil {
				t.Errorf("read %d bytes, expected the connection to be closed", n)
			}
			waitFor(to, func(s Stats) bool { return s.BulkRefused == tc.refused })
			if left := to.bulk.memory.Load(); left != 1<<20 {
				t.Errorf("%d bytes of memory left, expected all of it", left)
			}
		})
	}
}

func TestBulkLengthAloneTakesNoMemory(t *testing.T) {
	_, to, _ := bulkPair(t, bulkConfig{}, bulkConfig{})
	conn, err := net.Dial("tcp", to.BulkAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(binary.BigEndian.AppendUint32(nil, MaxBulk)); err != nil {
		t.Fatal(err)
	}
	total := int64(to.cfg.bulk.receiveBytes)
	for to.bulk.memory.Load() == total {
		waitFor(to, func(Stats) bool { return true })
	}
	if taken := total - to.bulk.memory.Load(); taken > bulkChunk {
		t.Errorf("a length of %d bytes took %d bytes of memory, expected at most %d", MaxBulk, taken, bulkChunk)
	}
}

func TestBulkIdlestConnectionGivesWay(t *testing.T) {
	_, to, got := bulkPair(t, bulkConfig{}, bulkConfig{connections: 2})
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", to.BulkAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	say := func(conn net.Conn, s string) {
		if _, err := conn.Write(append(putLength(nil, len(s)), s...)); err != nil {
			t.Fatal(err)
		}
		if r := string(<-got); r != s {
			t.Errorf("received %q, expected %q", r, s)
		}
	}
	a, b := dial(), dial()
	say(a, "a")
	say(b, "b")
	say(a, "a again") // so that b is the idlest
	c := dial()
	if _, err := b.Read(make([]byte, 1)); err == nil {
		t.Error("the idlest connection is still open")
	}
	say(c, "c")
	say(a, "a once more")
}

func FuzzBulkStream(f *testing.F) {
	f.Add([]byte{0, 0, 0, 3, 'a', 'b', 'c'})
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 1, 'x'})
	f.Add([]byte{0xFF, 0xFF, 0xFF, 0xFF})
	f.Add([]byte{0x0F, 0xFF, 0xFF, 0xFF, 1, 2, 3})
	f.Fuzz(func(t *testing.T, stream []byte) {
		cfg := bulkConfig{receiveBytes: 1 << 20}.withDefaults()
		var stats counters
		c, err := newBulkChannel("", cfg, &stats, func() {})
		if err != nil {
			t.Fatal(err)
		}
		defer c.close()
		near, far := net.Pipe()
		go func() {
			_, _ = far.Write(stream)
			far.Close()
		}()
		conn := &bulkConn{Conn: near}
		defer conn.Close()
		for rest := stream; ; {
			b, err := c.readMessage(conn)
			if err != nil {
				break
			}
			if len(rest) < lengthLen+len(b) || !bytes.Equal(b, rest[lengthLen:lengthLen+len(b)]) {
				t.Fatalf("message %x is not the next one in %x", b, rest)
			}
			rest = rest[lengthLen+len(b):]
			c.memory.Add(int64(cap(b)))
		}
		if left := c.memory.Load(); left != 1<<20 {
			t.Fatalf("%d bytes of memory left, expected all of it", left)
		}
	})
}
