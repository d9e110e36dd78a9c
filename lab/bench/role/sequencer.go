package role

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/sequencer"
	"github.com/netordered/nopaxos/sequencer/udp"
	"github.com/netordered/nopaxos/transport"
)

// sequencerPart is an end-host sequencer: data plane and P4Runtime server.
type sequencerPart struct {
	loop
	server    *sequencer.Server
	p4runtime net.Listener
}

func newSequencer(s *Spec) (Part, error) {
	f, err := cluster.Load(s.Cluster)
	if err != nil {
		return nil, err
	}
	if s.Index < 0 || s.Index >= len(f.Sequencers) {
		return nil, fmt.Errorf("sequencer %d, expected 0 to %d", s.Index, len(f.Sequencers)-1)
	}
	self := f.Sequencers[s.Index]
	data, err := transport.ListenUDP(transport.UDPConfig{Addr: self.Data.String(), MTU: f.MTU})
	if err != nil {
		return nil, err
	}
	plane, err := udp.New(udp.Config{Network: data, Post: data.Post})
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server, err := sequencer.NewServer(sequencer.Config{DeviceID: self.DeviceID, Logger: log, DataPlane: plane})
	if err != nil {
		return nil, err
	}
	p4runtime, err := net.Listen("tcp", self.P4Runtime.String())
	if err != nil {
		return nil, err
	}
	return &sequencerPart{loop: loop{data, plane}, server: server, p4runtime: p4runtime}, nil
}

// Run serves packets and the controller.
func (p *sequencerPart) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.loop.Run(ctx) })
	group.Go(func() error {
		defer context.AfterFunc(ctx, p.server.Stop)()
		return p.server.Serve(p.p4runtime)
	})
	return group.Wait()
}
