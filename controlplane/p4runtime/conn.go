package p4runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	p4client "github.com/antoninbas/p4runtime-go-client/pkg/client"
	p4v1 "github.com/p4lang/p4runtime/go/p4/v1"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"github.com/netordered/nopaxos/controlplane/tables"
	"github.com/netordered/nopaxos/p4src"
)

const (
	dialTimeout        = time.Second
	arbitrationTimeout = time.Second
)

// ErrNotPrimary says that another controller with a higher election id programs the target.
var ErrNotPrimary = errors.New("another controller is the target's primary")

// Conn is one TCP connection to one target, with this controller as the target's primary. It never reconnects: as long
// as it lives it leads to the same process, so that a write meets the state that was read over it, and never reaches
// another incarnation of the target than the one that it was decided for.
type Conn struct {
	client   *p4client.Client
	deviceID uint64
	election *p4v1.Uint128
	ctx      context.Context // done when the connection is
	cancel   context.CancelCauseFunc
	raw      net.Conn
	grpc     *grpc.ClientConn
	stopRun  chan struct{}
	runDone  chan struct{}
	primary  chan struct{} // closed by the first arbitration won
	won      sync.Once
	packetIn func(port uint16, frame []byte)

	writing sync.Mutex    // one change after another, so that have is true after each
	have    *tables.State // the target's tables; nil: unknown
	changes uint64        // requests that changed it, or tried to
}

// Target is how to connect to a target.
type Target struct {
	Addr     string // "host:port"
	DeviceID uint64
	// Life is the election id of this controller's life, and Attempt counts its connections to the target. Together
	// they outrank every earlier connection: the target takes no more writes of one that it does not know to be dead,
	// and does not mistake the new one for it.
	Life, Attempt uint64
	// PacketIn is called with the packets that the target hands to the controller, and the port that each came in
	// through. It may be nil.
	PacketIn func(port uint16, frame []byte)
}

// Connect dials a target, opens the stream and waits until this controller is the primary. The connection ends with
// ctx.
func Connect(ctx context.Context, t Target) (*Conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", t.Addr)
	if err != nil {
		return nil, err
	}
	c := &Conn{
		raw:      raw,
		deviceID: t.DeviceID,
		election: &p4v1.Uint128{High: t.Life, Low: t.Attempt},
		stopRun:  make(chan struct{}),
		runDone:  make(chan struct{}),
		primary:  make(chan struct{}),
		packetIn: t.PacketIn,
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if c.grpc, err = clientConn(t.Addr, &watchedConn{Conn: raw, lost: c.cancel}); err != nil {
		c.cancel(err)
		return nil, errors.Join(err, raw.Close())
	}
	c.client = p4client.NewClient(&boundClient{P4RuntimeClient: p4v1.NewP4RuntimeClient(c.grpc), conn: c}, t.DeviceID, c.election)
	go func() {
		defer close(c.runDone)
		if err := c.client.Run(c.stopRun, nil, nil); err != nil {
			c.cancel(err)
		}
	}()
	timer := time.NewTimer(arbitrationTimeout)
	defer timer.Stop()
	select {
	case <-c.primary:
		return c, nil
	case <-timer.C:
		c.cancel(fmt.Errorf("no answer to the arbitration within %v", arbitrationTimeout))
	case <-c.ctx.Done():
	}
	err = c.Err()
	c.Close()
	return nil, err
}

// clientConn makes gRPC use raw, and no connection after it.
func clientConn(addr string, raw net.Conn) (*grpc.ClientConn, error) {
	var used atomic.Bool
	return grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithNoProxy(),
		grpc.WithDisableRetry(),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			if used.Swap(true) {
				return nil, net.ErrClosed
			}
			return raw, nil
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 2 * time.Second}),
	)
}

// Done is closed when the connection has ended; Err then returns why. Until then Err returns nil.
func (c *Conn) Done() <-chan struct{} { return c.ctx.Done() }

// Err returns why the connection ended; nil: it has not.
func (c *Conn) Err() error { return context.Cause(c.ctx) }

// Abort ends the connection because of err.
func (c *Conn) Abort(err error) { c.cancel(err) }

// Close ends the connection and waits for its goroutines.
func (c *Conn) Close() {
	c.cancel(net.ErrClosed) // no effect if there is a cause already
	close(c.stopRun)
	<-c.runDone
	// Their errors only say that they were closed before.
	_ = c.grpc.Close()
	_ = c.raw.Close()
}

// Refused reports whether the operating system at the other end answered that nothing listens there.
func Refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}

// watchedConn notices the end of a TCP connection as soon as the kernel reports it, and keeps the kernel's reason,
// which gRPC turns into text.
type watchedConn struct {
	net.Conn
	lost context.CancelCauseFunc
}

func (w *watchedConn) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if err != nil {
		w.lost(fmt.Errorf("connection lost: %w", err))
	}
	return n, err
}

// boundClient ties the stream of p4runtime-go-client, which runs in a context of its own forever, to the life of the
// connection, and takes its messages before the library sees them: the library does not report a stream that the target
// closed in good order, does not survive an arbitration without a status, and logs its reports.
type boundClient struct {
	p4v1.P4RuntimeClient
	conn *Conn
}

func (b *boundClient) StreamChannel(_ context.Context, opts ...grpc.CallOption) (p4v1.P4Runtime_StreamChannelClient, error) {
	stream, err := b.P4RuntimeClient.StreamChannel(b.conn.ctx, opts...)
	if err != nil {
		return nil, err
	}
	return &boundStream{P4Runtime_StreamChannelClient: stream, conn: b.conn}, nil
}

type boundStream struct {
	p4v1.P4Runtime_StreamChannelClient
	conn *Conn
}

// Recv returns only at the end of the stream, after it has ended the connection with the cause.
func (s *boundStream) Recv() (*p4v1.StreamMessageResponse, error) {
	for {
		m, err := s.P4Runtime_StreamChannelClient.Recv()
		if err != nil {
			s.conn.cancel(fmt.Errorf("stream ended: %w", err))
			return nil, io.EOF
		}
		if a := m.GetArbitration(); a != nil {
			s.conn.arbitrated(a)
		}
		if p := m.GetPacket(); p != nil && s.conn.packetIn != nil {
			s.conn.packetIn(ingressPort(p), p.GetPayload())
		}
	}
}

func (c *Conn) arbitrated(a *p4v1.MasterArbitrationUpdate) {
	if a.GetStatus().GetCode() == int32(code.Code_OK) {
		c.won.Do(func() { close(c.primary) })
		return
	}
	its := a.GetElectionId()
	c.cancel(fmt.Errorf("%w: its election id is %d:%d, this one's %d:%d",
		ErrNotPrimary, its.GetHigh(), its.GetLow(), c.election.GetHigh(), c.election.GetLow()))
}

// ingressPort returns the port that a packet-in came through.
func ingressPort(p *p4v1.PacketIn) uint16 {
	for _, m := range p.GetMetadata() {
		if m.GetMetadataId() == p4src.MetadataPacketInIngressPort {
			return uint16(value(m.GetValue()))
		}
	}
	return 0
}

// SendPacket sends a packet through a port of the target.
func (c *Conn) SendPacket(ctx context.Context, port uint16, frame []byte) error {
	return c.client.SendPacketOut(ctx, &p4v1.PacketOut{
		Payload: frame,
		Metadata: []*p4v1.PacketMetadata{{
			MetadataId: p4src.MetadataPacketOutEgressPort, Value: p4src.FormatBits(uint64(port)),
		}},
	})
}
