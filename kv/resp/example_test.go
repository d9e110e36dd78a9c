package resp_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"

	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/kv/resp"
)

// memory is an Invoker that executes operations on a store of its own, without replication. A program
// that serves a replicated store passes a *client.Client instead.
type memory struct {
	mu    sync.Mutex
	store *kv.Store
	slot  uint64
}

func (m *memory) Invoke(_ context.Context, op []byte) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.slot++
	m.store.Release(m.slot) // nothing is ever undone
	return m.store.Execute(m.slot, 0, op, nil), nil
}

// Example serves a store to Redis clients, one of which is this program.
func Example() {
	server, err := resp.NewServer(resp.Config{Addr: "127.0.0.1:0", Invoker: &memory{store: kv.New()}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	go server.Serve()

	c, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Fprint(c, "SET visits 41\r\nINCR visits\r\nQUIT\r\n")
	for replies := bufio.NewScanner(c); replies.Scan(); {
		fmt.Println(replies.Text())
	}
	// Output:
	// +OK
	// :42
	// +OK
}
