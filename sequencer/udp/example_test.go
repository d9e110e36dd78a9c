package udp_test

import (
	"context"
	"log"
	"os"
	"os/signal"

	"github.com/netordered/nopaxos/sequencer/udp"
)

// A program that runs an end-host sequencer until Ctrl-C. The controller programs it through P4Runtime.
func ExampleListen() {
	s, err := udp.Listen(udp.SequencerConfig{DeviceID: 1, Data: "10.0.0.1:9797", P4Runtime: "10.0.0.1:9559"})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := s.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
