package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

// These tests cover the failures of earlier implementations that need processes and sockets; package replica covers the others.

// malformed is a malformed datagram and the counter that its receiver counts it in.
type malformed[S any] struct {
	name  string
	b     []byte
	count func(S) uint64
}

// frame returns a sealed frame of a kind with any body.
func frame(auth wire.Auth, kind wire.Kind, body string) []byte {
	b := binary.BigEndian.AppendUint16(nil, wire.Magic)
	b = append(b, wire.Version, byte(kind))
	return auth.Seal(append(b, body...), 0)
}

func changed(b []byte, at int, v byte) []byte {
	b = bytes.Clone(b)
	b[at] = v
	return b
}

func (c *testCluster) malformedForReplica(session uint32) []malformed[replica.Status] {
	ping := c.keys.Replica.Seal(wire.Append(nil, &wire.Ping{Header: wire.Header{Replica: 99}}), 0)
	request := oumlib.AppendHeader(nil, oumlib.Header{Group: testGroup})
	forged := bytes.Clone(request)
	oumlib.Stamp(forged, session+1, 1, 0x0123456789ABCDEF)
	return []malformed[replica.Status]{
		{"empty", nil, func(s replica.Status) uint64 { return s.OUM.Short }},
		{"noise", bytes.Repeat([]byte{0xA5}, 100), func(s replica.Status) uint64 { return s.OUM.Magic }},
		{"OUM version", changed(forged, 2, 77), func(s replica.Status) uint64 { return s.OUM.Version }},
		{"another group", changed(forged, 4, 77), func(s replica.Status) uint64 { return s.OUM.Group }},
		{"not stamped", request, func(s replica.Status) uint64 { return s.OUM.Unsequenced }},
		{"forged token", forged, func(s replica.Status) uint64 { return s.OUM.Token }},
		{"cut frame", ping[:2], func(s replica.Status) uint64 { return s.Counters.BadLength }},
		{"frame version", changed(ping, 2, 77), func(s replica.Status) uint64 { return s.Counters.BadVersion }},
		{"unknown kind", changed(ping, 3, 200), func(s replica.Status) uint64 { return s.Counters.BadKind }},
		{"wrong tag", changed(ping, len(ping)-1, ping[len(ping)-1]^1), func(s replica.Status) uint64 { return s.Counters.BadTag }},
		{"sealed, and its length lies", frame(c.keys.Replica, wire.KindViewChange, "\xff\xff\xff"), func(s replica.Status) uint64 { return s.Counters.BadLength }},
		{"sealed, of no replica", ping, func(s replica.Status) uint64 { return s.Counters.BadSender }},
	}
}

func (c *testCluster) malformedForSequencer() []malformed[udp.Stats] {
	drops := func(r udp.Reason) func(udp.Stats) uint64 { return func(s udp.Stats) uint64 { return s.Drops[r] } }
	request := oumlib.AppendHeader(nil, oumlib.Header{Group: testGroup})
	stamped := bytes.Clone(request)
	oumlib.Stamp(stamped, 1, 1, 1)
	return []malformed[udp.Stats]{
		{"empty", nil, drops(udp.Short)},
		{"cut", request[:20], drops(udp.Short)},
		{"noise", bytes.Repeat([]byte{0xA5}, 100), drops(udp.Magic)},
		{"version", changed(request, 2, 77), drops(udp.Version)},
		{"no such group", changed(request, 4, 77), drops(udp.Group)},
		{"stamped", stamped, drops(udp.Sequenced)},
	}
}

func (c *testCluster) malformedForClient() []malformed[client.Stats] {
	bad := func(s client.Stats) uint64 { return s.BadReplies }
	reply := frame(c.keys.Client, wire.KindReply, "\xff")
	return []malformed[client.Stats]{
		{"empty", nil, bad},
		{"noise", bytes.Repeat([]byte{0xA5}, 100), bad},
		{"wrong tag", changed(reply, len(reply)-1, reply[len(reply)-1]^1), bad},
		{"sealed, and its length lies", reply, bad},
		{"a request", frame(c.keys.Client, wire.KindRequest, ""), bad},
	}
}

// throw sends each datagram to address until the receiver has counted it, because UDP may lose it.
func throw[S any](t *testing.T, at, address string, list []malformed[S], stats func() S) {
	t.Helper()
	conn, err := net.Dial("udp4", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, m := range list {
		before := m.count(stats())
		eventually(t, at+" counts a datagram: "+m.name, func() bool {
			if _, err := conn.Write(m.b); err != nil {
				t.Fatal(err)
			}
			return m.count(stats()) > before
		})
	}
}

// Any malformed datagram killed a process. Now every role counts them by reason and continues.
func TestEarlierFailure05MalformedDatagrams(t *testing.T) {
	c := newCluster(t)
	k := c.client()
	first := c.count(k)
	for i, s := range c.replicas {
		throw(t, "replica "+strconv.Itoa(i), c.peers[i].Addr.String(), c.malformedForReplica(session(k)), s.Status)
	}
	throw(t, "the sequencer", c.control.Sequencers[0].DataAddr.String(), c.malformedForSequencer(), c.plane.Stats)
	throw(t, "the client", k.LocalAddr(), c.malformedForClient(), k.Stats)

	// The sequencer does not parse payloads: malformed ones take a number and have no other effect.
	junk := append(oumlib.AppendHeader(nil, oumlib.Header{Group: testGroup}), "no frame"...)
	throw(t, "replicas", c.control.Sequencers[0].DataAddr.String(), []malformed[replica.Status]{
		{"stamped junk", junk, func(s replica.Status) uint64 { return s.Counters.Void }},
	}, c.replicas[1].Status)

	// On the bulk channel the sender chooses the length field.
	conn, err := net.Dial("tcp4", c.peers[0].Bulk.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte{0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the bulk channel refuses a length", func() bool { return c.replicas[0].Transport().BulkRefused > 0 })

	if n := c.count(k); n != first+1 {
		t.Errorf("the counter says %d, expected %d", n, first+1)
	}
}

// A restarted sequencer counted from 1 in the same session, and replicas ignored all of its messages. Now it gets a new session,
// and service resumes without losses.
func TestEarlierFailure07RestartedSequencer(t *testing.T) {
	c := newCluster(t)
	k := c.client()
	for n := uint64(1); n <= 4; n++ {
		before := session(k)
		if n > 1 {
			c.sequencer.stop()
			c.startSequencer()
		}
		if got := c.count(k); got != n {
			t.Fatalf("the counter says %d, expected %d", got, n)
		}
		if after := session(k); n > 1 && after <= before {
			t.Errorf("session %d after the sequencer's restart, %d before", after, before)
		}
	}
}

// A request larger than the sequencer's datagrams was retried silently forever. Now the client refuses it at once with an error
// that names the limit, and a request of exactly the limit succeeds.
func TestEarlierFailure09RequestAboveTheMTU(t *testing.T) {
	c := newCluster(t)
	k := c.client()
	if got := c.invoke(k, make([]byte, k.MaxOp())); got != "1" {
		t.Errorf("the longest operation has the result %q, expected 1", got)
	}
	sent := k.Stats().Transmissions
	_, err := k.Invoke(t.Context(), make([]byte, k.MaxOp()+1))
	var tooLarge *client.TooLargeError
	if !errors.As(err, &tooLarge) || tooLarge.Limit != k.MaxOp() || !strings.Contains(err.Error(), strconv.Itoa(k.MaxOp())) {
		t.Errorf("got %v, expected a refusal that names the limit of %d bytes", err, k.MaxOp())
	}
	if now := k.Stats().Transmissions; now != sent {
		t.Errorf("%d datagrams were sent for a request that does not fit one", now-sent)
	}
}

// A client could have only one request outstanding, and a retry could be executed again. Now a client has two hundred outstanding
// on a network that loses datagrams, and each is executed once: no two get the same count.
func TestEarlierFailure11ManyOutstandingRequests(t *testing.T) {
	c := newCluster(t)
	k := c.client()
	transport.SetDrop(0.02)
	t.Cleanup(func() { transport.SetDrop(0) })
	const callers, each = 200, 10
	var mu sync.Mutex
	var counts []uint64
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for range callers {
		wg.Go(func() {
			for range each {
				result, err := k.Invoke(ctx, []byte("count"))
				n, parseErr := strconv.ParseUint(string(result), 10, 64)
				if err := errors.Join(err, parseErr); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				counts = append(counts, n)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(counts)
	for i, n := range counts {
		if n != uint64(i+1) {
			t.Fatalf("among %d counts %d takes the place of %d: an operation was executed twice or not at all", len(counts), n, i+1)
		}
	}
	if s := k.Stats(); s.Registrations != 1 || len(counts) != callers*each {
		t.Errorf("%d results, %+v", len(counts), s)
	}
}

// Session numbers in a configuration file were reused after a restart. Now they only grow, in any order of restarts of controller
// and sequencer, and a restart of the controller alone changes nothing.
func TestEarlierFailure14SessionsAfterRestarts(t *testing.T) {
	c := newCluster(t)
	k := c.client()
	count := uint64(1)
	expect := func() {
		t.Helper()
		if got := c.count(k); got != count {
			t.Fatalf("the counter says %d, expected %d", got, count)
		}
		count++
	}
	expect()
	for range 3 {
		before := session(k)
		c.controller.stop()
		expect()
		c.startController()
		expect()
		if now := session(k); now != before {
			t.Errorf("session %d after the controller's restart, expected %d still", now, before)
		}

		c.controller.stop()
		c.sequencer.stop()
		c.startSequencer()
		c.startController()
		expect()
		if now := session(k); now <= before {
			t.Errorf("session %d after both were restarted, expected more than %d", now, before)
		}
	}
}
