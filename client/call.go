package client

import "github.com/netordered/nopaxos/internal/clientcore"

// call is an Invoke in the event loop. The caller sets op and result before it submits the call, and cause before it requests
// cancellation. From then on the loop owns the call, until it puts a token into done.
type call struct {
	op     []byte
	result []byte // the loop appends the result
	err    error
	cause  error         // of the cancellation
	done   chan struct{} // buffers one token

	tag      uint64
	ticket   clientcore.Ticket
	finished bool // done has its token
}

func newCall() *call { return &call{done: make(chan struct{}, 1)} }

// finish returns the call to its caller.
func (k *call) finish(err error) {
	k.err, k.finished = err, true
	k.done <- struct{}{}
}

// order asks the loop to invoke or to cancel a call.
type order struct {
	call   *call
	cancel bool
}

// callTable assigns calls the tags by which the core identifies them. Only the loop uses it.
type callTable struct {
	byTag []*call // nil: the tag is free
	free  []uint64
}

func (t *callTable) add(k *call) {
	if n := len(t.free); n > 0 {
		k.tag = t.free[n-1]
		t.free = t.free[:n-1]
		t.byTag[k.tag] = k
		return
	}
	k.tag = uint64(len(t.byTag))
	t.byTag = append(t.byTag, k)
}

func (t *callTable) remove(tag uint64) *call {
	k := t.byTag[tag]
	t.byTag[tag] = nil
	t.free = append(t.free, tag)
	return k
}
