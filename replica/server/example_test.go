package server_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"log"
	"os"
	"strconv"

	"github.com/netordered/nopaxos/replica/server"
)

// counter is a replicated service: whatever the operation, it counts, and returns the count.
type counter struct{ n uint64 }

func (c *counter) Execute(slot, now uint64, op, result []byte) []byte {
	c.n++
	return strconv.AppendUint(result, c.n, 10)
}

func (c *counter) Snapshot() (io.WriterTo, error) {
	return bytes.NewReader(binary.BigEndian.AppendUint64(nil, c.n)), nil
}

func (c *counter) Restore(r io.Reader) error { return binary.Read(r, binary.BigEndian, &c.n) }

// A process like this is one replica: its number in the cluster file is the argument.
func Example() {
	index, err := strconv.Atoi(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.ListenAndServe(context.Background(), "cluster.yaml", index, &counter{}))
}
