package role

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/netordered/nopaxos/cluster"
	"github.com/netordered/nopaxos/sequencer/udp"
)

// sequencerPart is an end-host sequencer.
type sequencerPart struct {
	loop
	sequencer *udp.Sequencer
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
	sequencer, err := udp.Listen(udp.SequencerConfig{
		DeviceID: self.DeviceID, Data: self.Data.String(), P4Runtime: self.P4Runtime.String(), MTU: f.MTU,
		Logger: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		return nil, err
	}
	return sequencerPart{loop{sequencer.Socket, sequencer.Plane}, sequencer}, nil
}

// Run serves the data plane and the controller.
func (p sequencerPart) Run(ctx context.Context) error { return p.sequencer.Run(ctx) }
