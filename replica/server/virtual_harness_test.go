package server

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/netordered/nopaxos/cluster/limits"
	"github.com/netordered/nopaxos/internal/clientcore"
	"github.com/netordered/nopaxos/internal/replicaloop"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/p4src"
	"github.com/netordered/nopaxos/replica"
	"github.com/netordered/nopaxos/replica/wire"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
	"github.com/netordered/nopaxos/transport/virtual"
)

const (
	virtualSession = 1
	multicastGroup = 1
	virtualMTU     = 1400
)

var virtualGroup = oumlib.GroupNumber([4]byte{10, 97, 0, 1})

// address returns the address of a node of the virtual network: replicas are 1 to 3.
func address(node int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(node)}), 7000)
}

var (
	sequencerAddr = address(10)
	clientAddr    = address(20)
)

// ballast makes a snapshot longer than a datagram.
const ballast = 10_000

// ledger is a service whose state determines the executed operations and their order. A result is the operation's number, padded
// to the length that the operation requests.
type ledger struct {
	count uint64
	chain uint64 // of all operations
}

func (l *ledger) Execute(_, _ uint64, op, result []byte) []byte {
	l.count++
	h := fnv.New64a()
	_ = binary.Write(h, binary.BigEndian, l.chain)
	_, _ = h.Write(op)
	l.chain = h.Sum64()
	start := len(result)
	result = strconv.AppendUint(result, l.count, 10)
	if _, length, ok := strings.Cut(string(op), " length "); ok {
		n, _ := strconv.Atoi(length)
		for len(result)-start < n {
			result = append(result, '.')
		}
	}
	return result
}

func (l *ledger) Snapshot() (io.WriterTo, error) { return ledgerSnapshot(*l), nil }

func (l *ledger) Restore(r io.Reader) error {
	var b [16]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	l.count, l.chain = binary.BigEndian.Uint64(b[:]), binary.BigEndian.Uint64(b[8:])
	_, err := io.Copy(io.Discard, r)
	return err
}

type ledgerSnapshot ledger

func (s ledgerSnapshot) WriteTo(w io.Writer) (int64, error) {
	b := binary.BigEndian.AppendUint64(nil, s.count)
	b = binary.BigEndian.AppendUint64(b, s.chain)
	n, err := w.Write(append(b, make([]byte, ballast)...))
	return int64(n), err
}

// virtualReplica is the host of one life of a replica.
type virtualReplica struct {
	owner  Owner
	t      *testing.T
	dir    string
	node   *virtual.Node
	core   *replica.Core
	state  *ledger
	status replica.Status
}

var _ replicaloop.Host = (*virtualReplica)(nil)

func (r *virtualReplica) Save(record replica.Record) error { return saveRecord(r.dir, r.owner, record) }
func (r *virtualReplica) Report(uint32)                    {}
func (r *virtualReplica) Publish(s replica.Status)         { r.status = s }
func (r *virtualReplica) Fail(err error)                   { r.t.Error(err) }

// Aside works at once: virtual time has no concurrency.
func (r *virtualReplica) Aside(work func() func(now time.Duration)) { r.node.Post(work()) }

// caller is the client's node: it invokes operations and keeps their results.
type caller struct {
	core    *clientcore.Core
	network transport.Network
	sender  *oumlib.Sender
	results []string // by tag
	failed  error
	missing int
}

var _ transport.Handler = (*caller)(nil)

func (c *caller) Datagram(now time.Duration, _ netip.AddrPort, b []byte) { c.core.Reply(now, b) }
func (c *caller) Bulk(time.Duration, []byte)                             {}
func (c *caller) Tick(now time.Duration)                                 { c.core.Tick(now) }
func (c *caller) Deadline() time.Duration                                { return c.core.Deadline() }

func (c *caller) Flush(now time.Duration) {
	for _, e := range c.core.Effects() {
		switch e.Kind {
		case clientcore.EffectGroup:
			datagram, err := c.sender.Append(nil, e.Data)
			c.failed = cmp.Or(c.failed, err)
			c.network.Send(c.sender.Addr(), datagram)
		case clientcore.EffectDone:
			c.failed = cmp.Or(c.failed, e.Err)
			c.results[e.Tag] = string(e.Result)
			c.missing--
		}
	}
	c.core.ClearEffects()
}

func (c *caller) invoke(now time.Duration, ops []string) {
	for _, op := range ops {
		if _, err := c.core.Invoke(now, uint64(len(c.results)), []byte(op)); err != nil {
			c.failed = cmp.Or(c.failed, err)
			return
		}
		c.results = append(c.results, "")
		c.missing++
	}
	c.Flush(now)
}

// virtualCluster is the loops of three replicas, a sequencer's data plane and a client on one virtual network.
type virtualCluster struct {
	t        *testing.T
	network  *virtual.Network
	keys     wire.Keys
	peers    []transport.Peer
	dirs     []string
	replicas []*virtualReplica
	plane    *udp.DataPlane
	caller   *caller
	node     *virtual.Node // of the caller
	loss     float64       // of datagrams
	bulk     map[wire.Kind]int
	trace    interface {
		io.Writer
		Sum64() uint64
	}
}

func newVirtualCluster(t *testing.T, seed uint64) *virtualCluster {
	t.Helper()
	keys, err := wire.DeriveKeys([]byte("the tests' cluster key"))
	if err != nil {
		t.Fatal(err)
	}
	c := &virtualCluster{t: t, keys: keys, bulk: map[wire.Kind]int{}, trace: fnv.New64a()}
	random := rand.New(rand.NewPCG(seed, 0))
	delays := make([]time.Duration, 1)
	reliable := func(_, _ netip.AddrPort, size int, _ time.Duration) []time.Duration {
		delays[0] = 20*time.Microsecond + time.Duration(random.IntN(10_000)) + time.Duration(size) // 1 GB/s
		return delays
	}
	c.network = virtual.New(func(from, to netip.AddrPort, size int, now time.Duration) []time.Duration {
		if random.Float64() < c.loss {
			return nil
		}
		return reliable(from, to, size, now)
	}, reliable)
	c.network.SetObserver(c.observe)
	c.startSequencer()
	for i := range 3 {
		c.peers = append(c.peers, transport.Peer{Addr: address(1 + i), Bulk: address(1 + i)})
		c.dirs = append(c.dirs, t.TempDir())
	}
	c.replicas = make([]*virtualReplica, len(c.peers))
	for i, dir := range c.dirs {
		if err := Bootstrap(dir, Owner{Group: virtualGroup, Member: i}); err != nil {
			t.Fatal(err)
		}
		c.start(i)
	}
	c.startCaller()
	return c
}

// observe adds an event to the trace, and checks that only long frames take the bulk channel.
func (c *virtualCluster) observe(e virtual.Event) {
	_ = binary.Write(c.trace, binary.BigEndian, e.Time)
	fmt.Fprint(c.trace, e.Kind, e.From, e.To)
	_, _ = c.trace.Write(e.Data)
	switch e.Kind {
	case virtual.Datagram:
		if len(e.Data) > virtualMTU {
			c.t.Errorf("%v: a datagram of %d bytes to %v, expected at most %d", e.Time, len(e.Data), e.To, virtualMTU)
		}
	case virtual.Bulk:
		kind, _, err := c.keys.Open(e.Data) // fails if the core has reused the memory
		if err != nil || len(e.Data) <= virtualMTU {
			c.t.Errorf("%v: %d bytes to %v over the bulk channel, expected a frame longer than %d: %v", e.Time, len(e.Data), e.To, virtualMTU, err)
		}
		c.bulk[kind]++
	}
}

// startSequencer programs a data plane like a controller.
func (c *virtualCluster) startSequencer() {
	c.t.Helper()
	node := c.network.Attach(sequencerAddr)
	plane, err := udp.New(udp.Config{Network: node, Post: node.Post})
	if err != nil {
		c.t.Fatal(err)
	}
	var members []sequencer.Replica
	for i := range 3 {
		instance := uint16(1 + i)
		deliver := sequencer.Action{ID: p4src.ActionDeliver}
		ip := address(1 + i).Addr().As4()
		deliver.Params[p4src.ParamDeliverIP-1] = uint64(binary.BigEndian.Uint32(ip[:]))
		deliver.Params[p4src.ParamDeliverUDPPort-1] = uint64(address(1 + i).Port())
		key := sequencer.Key{Table: p4src.TableOUMCopy}
		key.Fields[p4src.FieldOUMCopyEgressRID-1] = uint64(instance)
		plane.Put(key, deliver)
		members = append(members, sequencer.Replica{EgressPort: uint32(i), Instance: instance})
	}
	plane.SetMulticast(multicastGroup, members)
	sequence := sequencer.Action{ID: p4src.ActionSequence}
	sequence.Params[p4src.ParamSequenceSession-1] = virtualSession
	sequence.Params[p4src.ParamSequenceToken-1] = oumlib.SessionToken(c.keys.Token, virtualGroup, virtualSession)
	sequence.Params[p4src.ParamSequenceMcastGrp-1] = multicastGroup
	key := sequencer.Key{Table: p4src.TableOUMGroup}
	key.Fields[p4src.FieldOUMGroupIPv4Dst-1] = uint64(virtualGroup)
	plane.Put(key, sequence)
	node.Start(plane)
	c.plane = plane
}

// start starts replica i from its record, without other state.
func (c *virtualCluster) start(i int) {
	c.t.Helper()
	r := &virtualReplica{t: c.t, dir: c.dirs[i], state: &ledger{}}
	cfg := Config{
		Group: virtualGroup, Self: i, Replicas: c.peers, Keys: c.keys, StateMachine: r.state,
		Limits: limits.Replica{Snapshot: 64, KeepLog: 32, SyncSlots: 16}, // small, so that tests take snapshots
	}
	r.owner = cfg.Owner()
	record, err := loadRecord(r.dir, r.owner)
	if err != nil {
		c.t.Fatal(err)
	}
	if r.core, err = replica.New(cfg.core(), record, r.state); err != nil {
		c.t.Fatal(err)
	}
	r.node = c.network.Attach(c.peers[i].Addr)
	mesh := replicaloop.Mesh{Network: r.node, Peers: c.peers, Self: i, MTU: virtualMTU}
	loop := replicaloop.New(r.core, virtualGroup, mesh, r)
	r.node.Start(loop)
	r.node.Post(func(now time.Duration) { loop.Route(now, virtualSession, sequencerAddr) })
	c.replicas[i] = r
}

func (c *virtualCluster) startCaller() {
	c.t.Helper()
	c.node = c.network.Attach(clientAddr)
	nonces := uint64(0)
	core, err := clientcore.New(clientcore.Config{
		Replicas: 3, Auth: c.keys.Client, ReplyTo: clientAddr, Seed: 1, MTU: virtualMTU, Client: limits.Client{Window: 16},
		Nonce: func() wire.ClientID { nonces++; return wire.ClientID{Hi: 1, Lo: nonces} },
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.caller = &caller{core: core, network: c.node, sender: oumlib.NewSender(virtualGroup, virtualMTU)}
	c.caller.sender.SetAddr(sequencerAddr)
	c.node.Start(c.caller)
}

// virtualPatience is the virtual time in which every condition must hold.
const virtualPatience = 20 * time.Second

// await advances time until a condition holds.
func (c *virtualCluster) await(what string, holds func() bool) {
	c.t.Helper()
	until := c.network.Now() + virtualPatience
	for !holds() {
		if c.network.Now() > until {
			for i, r := range c.replicas {
				c.t.Logf("replica %d: %+v", i, r.core.Status())
			}
			c.t.Fatalf("not within %v: %s", virtualPatience, what)
		}
		c.network.RunUntil(c.network.Now() + 100*time.Microsecond)
	}
}

// call invokes operations and returns their results.
func (c *virtualCluster) call(ops ...string) []string {
	c.t.Helper()
	first := len(c.caller.results)
	c.node.Post(func(now time.Duration) { c.caller.invoke(now, ops) })
	c.await("all results", func() bool {
		return c.caller.failed != nil || len(c.caller.results) == first+len(ops) && c.caller.missing == 0
	})
	if c.caller.failed != nil {
		c.t.Fatal(c.caller.failed)
	}
	return c.caller.results[first:]
}

// agree waits until every replica has executed count operations, and checks that they are the same.
func (c *virtualCluster) agree(count int) {
	c.t.Helper()
	c.await(fmt.Sprintf("every replica has executed %d operations", count), func() bool {
		for _, r := range c.replicas {
			if r.state.count != uint64(count) {
				return false
			}
		}
		return true
	})
	for i, r := range c.replicas {
		if r.state.chain != c.replicas[0].state.chain {
			c.t.Errorf("replica %d executed other operations than replica 0, or in another order", i)
		}
	}
}
