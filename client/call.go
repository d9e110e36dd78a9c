package client

import "github.com/netordered/nopaxos/internal/clientcore"

// call is one Invoke on its way through the event loop. The caller sets op and result before it
// hands the call over, and cause before it asks for cancellation; after done has a token all of
// it is the caller's again. In between it belongs to the loop.
type call struct {
	op     []byte
	result []byte // the result is appended to it
	err    error
	cause  error         // why the caller gives up
	done   chan struct{} // buffers one token

	tag      uint64
	ticket   clientcore.Ticket
	finished bool // done has its token
}

func newCall() *call { return &call{done: make(chan struct{}, 1)} }

// finish gives the call back to its caller.
func (k *call) finish(err error) {
	k.err, k.finished = err, true
	k.done <- struct{}{}
}

// order is what a caller wants of the loop: a call invoked or cancelled.
type order struct {
	call   *call
	cancel bool
}

// callTable gives calls the tags under which the core knows them. Only the loop uses it.
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
