package client_test

import (
	"context"
	"log"

	"github.com/netordered/nopaxos/client"
)

// InvokeAppend with a buffer that is reused allocates nothing.
func ExampleClient_InvokeAppend() {
	var c *client.Client // from client.New, see the package's example
	ctx, op := context.Background(), []byte("count")
	var err error
	for result := []byte(nil); err == nil; {
		result, err = c.InvokeAppend(ctx, result[:0], op)
	}
	log.Fatal(err)
}
