package kv_test

import (
	"fmt"

	"github.com/netordered/nopaxos/kv"
)

// A program that calls a replicated store does what this one does, with the Invoke of its client in
// the place of Execute.
func ExampleAppendCommand() {
	store := kv.New()
	var op []byte // one operation, which executes at one place in the log
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
