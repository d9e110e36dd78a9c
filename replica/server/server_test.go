package server_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/server"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/transport"
)

// aloneConfig returns the configuration of a group of one replica, with the test as its sequencer.
func aloneConfig(t *testing.T, sm replica.StateMachine) server.Config {
	t.Helper()
	keys, err := wire.DeriveKeys([]byte("the tests' cluster key"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a := freeAddr(t)
	cfg := server.Config{
		Group: testGroup, Replicas: []transport.Peer{{Addr: a, Bulk: a}}, Keys: keys, StateMachine: sm, Dir: dir, Logger: quiet,
	}
	if err := server.Bootstrap(dir, cfg.Owner()); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// running is a Server that runs until it ends by itself or the test stops it.
type running struct {
	*server.Server
	t     *testing.T
	cfg   server.Config
	stop  context.CancelFunc
	ended chan error
	conn  net.Conn // to the replica
	next  uint64   // message number
}

func run(t *testing.T, cfg server.Config) *running {
	t.Helper()
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return runServer(t, cfg, s)
}

func runServer(t *testing.T, cfg server.Config, s *server.Server) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{Server: s, t: t, cfg: cfg, stop: cancel, ended: make(chan error, 1), next: 1}
	go func() { r.ended <- s.Run(ctx); close(r.ended) }()
	t.Cleanup(func() { cancel(); <-r.ended })
	var err error
	if r.conn, err = net.Dial("udp4", cfg.Replicas[cfg.Self].Addr.String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.conn.Close() })
	return r
}

// stamped sends the replica the next message of session 1: a REGISTER.
func (r *running) stamped() {
	b := oumlib.AppendHeader(nil, oumlib.Header{Group: testGroup})
	b = wire.AppendRequest(b, &wire.Request{
		Register: true, Client: wire.ClientID{Hi: 1, Lo: r.next}, ID: 1, Low: 1, ReplyTo: netip.MustParseAddrPort("127.0.0.1:9"),
	})
	b = r.cfg.Keys.Client.Seal(b, oumlib.HeaderLen)
	oumlib.Stamp(b, 1, r.next, oumlib.SessionToken(r.cfg.Keys.Token, testGroup, 1))
	r.next++
	// An error means that the replica has ended, which some tests wait for.
	_, _ = r.conn.Write(b)
}

// end waits until Run returns and returns its error. It calls meanwhile repeatedly.
func (r *running) end(meanwhile func()) (err error) {
	r.t.Helper()
	eventually(r.t, "Run returns", func() bool {
		select {
		case err = <-r.ended:
			return true
		default:
			meanwhile()
			return false
		}
	})
	return err
}

func nothing() {}

// A Server releases its sockets and its directory after Close and after Run.
func TestRunAndClose(t *testing.T) {
	cfg := aloneConfig(t, &counter{})
	s, err := server.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	for life := uint64(1); life <= 2; life++ {
		r := run(t, cfg)
		eventually(t, "the server runs", func() bool { return r.Status().Incarnation == life })
		if _, err := server.New(cfg); err == nil || !strings.Contains(err.Error(), cfg.Dir) {
			t.Errorf("a second server of one directory: %v, expected a refusal that names %s", err, cfg.Dir)
		}
		r.stop()
		if err := r.end(nothing); err != nil {
			t.Errorf("Run, stopped: %v", err)
		}
	}
}

func TestServerRefusesToStart(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *server.Config)
		want   func(server.Config) string // in the error
	}{
		{"no such replica", func(_ *testing.T, c *server.Config) { c.Self = 1 }, func(server.Config) string { return "replica 1, expected 0 to 0" }},
		{"no state machine", func(_ *testing.T, c *server.Config) { c.StateMachine = nil }, func(server.Config) string { return "StateMachine" }},
		{"an even group", func(_ *testing.T, c *server.Config) { c.Replicas = append(c.Replicas, c.Replicas[0]) }, func(server.Config) string { return "N is 2" }},
		{"a tiny MTU", func(_ *testing.T, c *server.Config) { c.MTU = 100 }, func(server.Config) string { return "MTU is 100, expected" }},
		{"a state machine that cannot write", func(_ *testing.T, c *server.Config) { c.StateMachine = &failing{} }, func(server.Config) string { return errDisk.Error() }},
		{"no record", func(t *testing.T, c *server.Config) { c.Dir = t.TempDir() }, func(c server.Config) string { return c.Dir }},
		{"no directory", func(t *testing.T, c *server.Config) { c.Dir = filepath.Join(t.TempDir(), "none") }, func(c server.Config) string { return c.Dir }},
		{"UDP port in use", func(t *testing.T, c *server.Config) {
			l, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(c.Replicas[0].Addr))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		}, func(c server.Config) string { return c.Replicas[0].Addr.String() }},
		{"TCP port in use", func(t *testing.T, c *server.Config) {
			l, err := net.Listen("tcp4", c.Replicas[0].Bulk.String())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
		}, func(c server.Config) string { return c.Replicas[0].Bulk.String() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			good := aloneConfig(t, &counter{})
			bad := good
			c.change(t, &bad)
			s, err := server.New(bad)
			if err == nil {
				s.Close()
				t.Fatal("the server starts")
			}
			if !strings.Contains(err.Error(), c.want(bad)) {
				t.Errorf("%q does not contain %q", err, c.want(bad))
			}
			if bad.Dir != good.Dir && !errors.Is(err, server.ErrNoRecord) {
				t.Errorf("%v is not ErrNoRecord", err)
			}
		})
	}
}

// A replica that cannot make a promise durable stops before it acts on it.
func TestStopsWithoutADisk(t *testing.T) {
	t.Run("at the start", func(t *testing.T) {
		cfg := aloneConfig(t, &counter{})
		s, err := server.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(cfg.Dir); err != nil {
			t.Fatal(err)
		}
		if err := runServer(t, cfg, s).end(nothing); err == nil || !strings.Contains(err.Error(), cfg.Dir) {
			t.Errorf("Run: %v, expected an error that names %s", err, cfg.Dir)
		}
	})
	t.Run("later", func(t *testing.T) {
		r := run(t, aloneConfig(t, &counter{}))
		eventually(t, "the server runs", func() bool { return r.Status().Incarnation == 1 })
		if err := os.RemoveAll(r.cfg.Dir); err != nil {
			t.Fatal(err)
		}
		// The first message of a session starts a new view, which the replica promises first.
		if err := r.end(r.stamped); err == nil || !strings.Contains(err.Error(), r.cfg.Dir) {
			t.Errorf("Run: %v, expected an error that names %s", err, r.cfg.Dir)
		}
		if sent := r.Transport().DatagramsOut; sent != 0 {
			t.Errorf("%d datagrams were sent in a view that was not promised", sent)
		}
	})
}

var errDisk = errors.New("the service's own disk is full")

// failing is a service whose snapshots fail after the first few.
type failing struct {
	counter
	good int
}

func (f *failing) Snapshot() (io.WriterTo, error) {
	if f.good == 0 {
		return nil, errDisk
	}
	f.good--
	return f.counter.Snapshot()
}

// A broken invariant stops the replica, with an error that names it.
func TestStopsOnABrokenInvariant(t *testing.T) {
	cfg := aloneConfig(t, &failing{good: 1}) // for the empty state
	cfg.Limits.Snapshot, cfg.Limits.SyncSlots = 4, 1
	r := run(t, cfg)
	err := r.end(r.stamped)
	if err == nil {
		t.Fatal("Run returned nil")
	}
	for _, want := range []string{"replica 0", "snapshot at slot", errDisk.Error()} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
}

// slow is a service whose snapshots wait to be released before they are written.
type slow struct {
	counter
	writing chan struct{} // buffers one token: a snapshot is being written
	release chan struct{}
	written atomic.Bool
}

func (s *slow) Snapshot() (io.WriterTo, error) {
	w, err := s.counter.Snapshot()
	return slowSnapshot{WriterTo: w, service: s}, err
}

type slowSnapshot struct {
	io.WriterTo
	service *slow
}

func (w slowSnapshot) WriteTo(to io.Writer) (int64, error) {
	select {
	case w.service.writing <- struct{}{}:
	default:
	}
	<-w.service.release
	defer w.service.written.Store(true)
	return w.WriterTo.WriteTo(to)
}

// fetchSnapshot asks the replica for its snapshot, as replica 1.
func (r *running) fetchSnapshot() {
	b := wire.Append(nil, &wire.FetchSnapshot{Header: wire.Header{View: r.Status().View, Replica: 1, Incarnation: 1}})
	_, _ = r.conn.Write(r.cfg.Keys.Replica.Seal(b, 0))
}

// The part of a snapshot that is being encoded when the replica stops is finished before Run returns: afterwards
// nothing uses the service.
func TestStopWhileASnapshotIsWritten(t *testing.T) {
	service := &slow{writing: make(chan struct{}, 1), release: make(chan struct{})}
	cfg := aloneConfig(t, service)
	for range 2 {
		a := freeAddr(t)
		cfg.Replicas = append(cfg.Replicas, transport.Peer{Addr: a, Bulk: a})
	}
	r := run(t, cfg)
	eventually(t, "a snapshot is being written", func() bool {
		r.fetchSnapshot()
		select {
		case <-service.writing:
			return true
		default:
			return false
		}
	})
	r.stop()
	eventually(t, "the loop has ended", func() bool {
		l, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(cfg.Replicas[0].Addr))
		if err != nil {
			return false
		}
		return l.Close() == nil
	})
	select {
	case err := <-r.ended:
		t.Fatalf("Run returned %v while a snapshot was being written", err)
	case <-time.After(20 * time.Millisecond): // long enough for Run to end if it does not wait
	}
	close(service.release)
	if err := r.end(nothing); err != nil {
		t.Errorf("Run, stopped: %v", err)
	}
	if !service.written.Load() {
		t.Error("Run returned while a snapshot was being written")
	}
}

// The replica counts garbage on the bulk channel like that in datagrams, and keeps the connection.
func TestGarbageIsCounted(t *testing.T) {
	r := run(t, aloneConfig(t, &counter{}))
	conn, err := net.Dial("tcp4", r.cfg.Replicas[0].Bulk.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	long := strings.Repeat("x", 100_000)
	for _, m := range []struct {
		name  string
		b     []byte
		count func(replica.Counters) uint64
	}{
		{"no frame", []byte(long), func(c replica.Counters) uint64 { return c.BadMagic }},
		{"nothing", nil, func(c replica.Counters) uint64 { return c.BadLength }},
		{"version", append([]byte{'N', 'P', 77, byte(wire.KindFetchLog)}, long...), func(c replica.Counters) uint64 { return c.BadVersion }},
		{"kind", append([]byte{'N', 'P', wire.Version, 0xFF}, long...), func(c replica.Counters) uint64 { return c.BadKind }},
		{"not sealed", append([]byte{'N', 'P', wire.Version, byte(wire.KindFetchLog)}, long...), func(c replica.Counters) uint64 { return c.BadTag }},
		{"sealed, and its length lies", frame(r.cfg.Keys.Replica, wire.KindFetchLog, long), func(c replica.Counters) uint64 { return c.BadLength }},
		{"sealed by a client", frame(r.cfg.Keys.Client, wire.KindStartView, long), func(c replica.Counters) uint64 { return c.BadTag }},
	} {
		before := m.count(r.Status().Counters)
		message := append(binary.BigEndian.AppendUint32(nil, uint32(len(m.b))), m.b...)
		if _, err := conn.Write(message); err != nil {
			t.Fatal(err)
		}
		eventually(t, "counted: "+m.name, func() bool { return m.count(r.Status().Counters) > before })
	}
	eventually(t, "the replica executes", func() bool { r.stamped(); return r.Status().Executed > 0 })
	select {
	case err := <-r.ended:
		t.Errorf("the server has ended: %v", err)
	default:
	}
}
