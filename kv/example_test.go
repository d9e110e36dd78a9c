package kv_test

import (
	"fmt"

	"github.com/netordered/nopaxos/kv"
)

// A program that uses a replicated store differs in one call: it passes the operation to client.Invoke
// instead of Execute.
func ExampleAppendCommand() {
	store := kv.New()
	var op []byte // both commands execute at one place in the log
	op = kv.AppendCommand(op, []byte("SET"), []byte("visits"), []byte("41"))
	op = kv.AppendCommand(op, []byte("INCR"), []byte("visits"))

	result := store.Execute(1, 0, op, nil)
	for len(result) > 0 {
		reply, rest, err := kv.ParseReply(result)
		if err != nil {
			fmt.Println(err)
			return
		}
		switch reply.Kind {
		case kv.ReplyInt:
			fmt.Println("integer", reply.Int)
		case kv.ReplyError:
			fmt.Println("error", reply.Err())
		default:
			fmt.Printf("%s\n", reply.Bytes)
		}
		result = rest
	}
	// Output:
	// OK
	// integer 42
}
