package client_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/netordered/nopaxos/client"
	"github.com/netordered/nopaxos/cluster"
)

// A client needs the cluster file and the client key that it names.
func Example() {
	file, err := cluster.Load("cluster.yaml")
	if err != nil {
		log.Fatal(err)
	}
	config, err := client.FromFile(file, "") // the file's only group
	if err != nil {
		log.Fatal(err)
	}
	c, err := client.New(config)
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	result, err := c.Invoke(ctx, []byte("count")) // one operation, executed once by every replica
	if err != nil {
		log.Fatal(err) // says whether the operation may have been executed
	}
	fmt.Printf("%s\n", result)
}
