package oumlib_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/netordered/nopaxos/oumlib"
)

// A sequencer stamps four messages. The third one is lost; the first one arrives twice.
func Example() {
	const session = 7
	group := oumlib.GroupNumber([4]byte{10, 255, 0, 1})
	key := []byte("key of the session tokens")
	sender := oumlib.NewSender(group, 1400)
	receiver := oumlib.NewReceiver(oumlib.ReceiverConfig{Group: group, TokenKey: key, Grace: time.Millisecond})
	receiver.Listen(session, 1)

	events := func() {
		for ev := (oumlib.Event{}); receiver.Next(&ev); {
			fmt.Printf("%v %d-%d %q\n", ev.Kind, ev.First, ev.Last, ev.Payload)
		}
	}
	for _, seq := range []uint64{1, 1, 2, 4} {
		datagram, err := sender.Append(nil, fmt.Appendf(nil, "message %d", seq))
		if err != nil {
			panic(err)
		}
		oumlib.Stamp(datagram, session, seq, oumlib.SessionToken(key, group, session))
		if err := receiver.Receive(0, datagram); errors.Is(err, oumlib.ErrDuplicate) {
			fmt.Println("discarded a duplicate")
		}
		events()
	}
	receiver.Tick(receiver.Deadline())
	events()

	_, err := sender.Append(nil, make([]byte, 2000))
	if tooLarge := (*oumlib.TooLargeError)(nil); errors.As(err, &tooLarge) {
		fmt.Println("at most", tooLarge.Limit, "bytes")
	}
	// Output:
	// DELIVER 1-1 "message 1"
	// discarded a duplicate
	// DELIVER 2-2 "message 2"
	// SUSPECT 3-3 ""
	// DROP 3-3 ""
	// DELIVER 4-4 "message 4"
	// at most 1372 bytes
}
