package controlplane

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
)

const (
	dialTimeout        = time.Second
	arbitrationTimeout = time.Second
)

// errNotPrimary says that another controller with a higher election id programs the target.
var errNotPrimary = errors.New("another controller is the target's primary")

// errReset ends a connection whose target does not do what it is told.
var errReset = errors.New("closed by the controller, to start afresh with the target")

// connection is one TCP connection to one target, with this controller as the target's primary.
// It never reconnects: as long as it lives it leads to the same process, so what is read over it
// is what later writes over it meet, and a write can never reach another incarnation of the
// target than the one it was decided for.
type connection struct {
	*p4client.Client
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
	packetIn func(*p4v1.PacketIn) // nil: packets of the target are not wanted

	writing sync.Mutex // one change after another, so that have is what the last one left
	have    *tables    // what the target has installed; nil: unknown
	changes uint64     // requests that changed it, or tried to
}

// electionID makes the id of an attempt to connect: of a controller's life, and in it higher from attempt to
// attempt. So a target never mistakes a connection for one before it that it does not know to be dead, and
// takes no write of that one any more.
func electionID(life, attempt uint64) *p4v1.Uint128 { return &p4v1.Uint128{High: life, Low: attempt} }

// connect dials a target, opens the stream and waits until this controller is the primary. packetIn, which
// may be nil, is called with what the target hands to the controller.
func connect(ctx context.Context, s Sequencer, election *p4v1.Uint128, packetIn func(*p4v1.PacketIn)) (*connection, error) {
	dialer := net.Dialer{Timeout: dialTimeout}
	raw, err := dialer.DialContext(ctx, "tcp", s.P4RuntimeAddr)
	if err != nil {
		return nil, err
	}
	c := &connection{
		raw:      raw,
		deviceID: s.DeviceID,
		election: election,
		stopRun:  make(chan struct{}),
		runDone:  make(chan struct{}),
		primary:  make(chan struct{}),
		packetIn: packetIn,
	}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	if c.grpc, err = clientConn(s.P4RuntimeAddr, &watchedConn{Conn: raw, lost: c.cancel}); err != nil {
		c.cancel(err)
		return nil, errors.Join(err, raw.Close())
	}
	c.Client = p4client.NewClient(&boundClient{P4RuntimeClient: p4v1.NewP4RuntimeClient(c.grpc), conn: c}, s.DeviceID, c.election)
	go func() {
		defer close(c.runDone)
		if err := c.Run(c.stopRun, nil, nil); err != nil {
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
	err = context.Cause(c.ctx)
	c.close()
	return nil, err
}

// clientConn makes gRPC use raw, and nothing after it.
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

// close ends the connection and waits for its goroutines.
func (c *connection) close() {
	c.cancel(net.ErrClosed) // no effect if there is a cause already
	close(c.stopRun)
	<-c.runDone
	// Their errors only say that they were closed before.
	_ = c.grpc.Close()
	_ = c.raw.Close()
}

// cause returns why the connection ended.
func (c *connection) cause() error { return context.Cause(c.ctx) }

// refused reports whether the operating system at the other end answered that nobody is there.
func refused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}

// watchedConn notices the end of a TCP connection as soon as the kernel reports it, and keeps the
// kernel's reason, which gRPC turns into text.
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

// boundClient ties the stream of p4runtime-go-client, which runs in a context of its own for
// ever, to the life of the connection, and takes its messages before the library sees them: the
// library neither tells the end of a stream that the target closed in good order nor survives an
// arbitration without a status, and it logs what it reports.
type boundClient struct {
	p4v1.P4RuntimeClient
	conn *connection
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
	conn *connection
}

// Recv returns only when the stream is at its end, after it has told the connection why.
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
			s.conn.packetIn(p)
		}
	}
}

func (c *connection) arbitrated(a *p4v1.MasterArbitrationUpdate) {
	if a.GetStatus().GetCode() == int32(code.Code_OK) {
		c.won.Do(func() { close(c.primary) })
		return
	}
	its := a.GetElectionId()
	c.cancel(fmt.Errorf("%w: its election id is %d:%d, this one's %d:%d",
		errNotPrimary, its.GetHigh(), its.GetLow(), c.election.GetHigh(), c.election.GetLow()))
}
