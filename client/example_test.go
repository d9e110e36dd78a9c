package client_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/oumlib"
	"github.com/netordered/nopaxos/replica/wire"
)

func Example() {
	keys, err := wire.DeriveKeys([]byte("the content of the cluster's key file"))
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(client.Config{
		Group:       oumlib.GroupNumber([4]byte{10, 97, 0, 1}),
		Replicas:    3,
		Auth:        keys.Client,
		Controllers: []string{"127.0.0.1:9600"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	result, err := c.Invoke(ctx, []byte("an operation of the service"))
	if err != nil {
		log.Fatal(err) // says whether the operation may have been executed
	}
	fmt.Printf("%s\n", result)
}
