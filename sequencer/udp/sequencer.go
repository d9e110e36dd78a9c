package udp

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/transport"
)

// SequencerConfig configures a Sequencer.
type SequencerConfig struct {
	DeviceID  uint64       // P4Runtime device id
	Data      string       // host:port (UDP) of the group's datagrams; port 0: any
	P4Runtime string       // host:port (TCP) of the P4Runtime server; port 0: any
	MTU       int          // largest datagram in bytes; 0: transport.DefaultMTU
	Logger    *slog.Logger // nil: slog.Default()
}

// Sequencer is an end-host sequencer: a data plane on a UDP socket, and the P4Runtime server through
// which the controller programs it.
type Sequencer struct {
	Plane  *DataPlane
	Server *sequencer.Server
	Socket *transport.UDP

	p4runtime net.Listener
}

// Listen opens the sockets of a sequencer. The caller must call Run or Close.
func Listen(cfg SequencerConfig) (*Sequencer, error) {
	socket, err := transport.ListenUDP(transport.UDPConfig{Addr: cfg.Data, MTU: cfg.MTU})
	if err != nil {
		return nil, err
	}
	s := &Sequencer{Socket: socket}
	if err := s.serveAt(cfg); err != nil {
		socket.Close()
		return nil, err
	}
	return s, nil
}

func (s *Sequencer) serveAt(cfg SequencerConfig) (err error) {
	if s.Plane, err = New(Config{Network: s.Socket, Post: s.Socket.Post}); err != nil {
		return err
	}
	s.Server, err = sequencer.NewServer(sequencer.Config{DeviceID: cfg.DeviceID, Logger: cfg.Logger, DataPlane: s.Plane})
	if err != nil {
		return err
	}
	s.p4runtime, err = net.Listen("tcp", cfg.P4Runtime)
	return err
}

// P4RuntimeAddr returns the address of the P4Runtime server.
func (s *Sequencer) P4RuntimeAddr() net.Addr { return s.p4runtime.Addr() }

// Run stamps datagrams and serves the controller until ctx is done, then closes the sockets.
func (s *Sequencer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	served := make(chan error, 1)
	go func() {
		served <- s.Server.Serve(s.p4runtime)
		cancel()
	}()
	err := s.Socket.Run(ctx, s.Plane)
	s.Server.Stop()
	return errors.Join(err, <-served)
}

// Close closes the sockets of a sequencer that does not run.
func (s *Sequencer) Close() error {
	s.Socket.Close()
	return s.p4runtime.Close()
}
