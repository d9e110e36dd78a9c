package server_test

import (
	"context"
	"encoding/binary"
	"io"
	"log"
	"os"
	"os/signal"
	"strconv"

	"github.com/netordered/nopaxos/replica/server"
)

// counter is a replicated service: whatever the operation, it counts, and returns the count.
type counter struct{ n uint64 }

func (c *counter) Execute(slot, now uint64, op, result []byte) []byte {
	c.n++
	return strconv.AppendUint(result, c.n, 10)
}

func (c *counter) Snapshot() (io.WriterTo, error) { return snapshot(c.n), nil }

func (c *counter) Restore(r io.Reader) error { return binary.Read(r, binary.BigEndian, &c.n) }

type snapshot uint64

func (s snapshot) WriteTo(w io.Writer) (int64, error) {
	return 8, binary.Write(w, binary.BigEndian, uint64(s))
}

// Example replicates a state machine of one's own: a process like this for each replica in the
// cluster file, with its number as the argument.
func Example() {
	index, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	log.Fatal(server.ListenAndServe(ctx, "cluster.yaml", index, &counter{}))
}
