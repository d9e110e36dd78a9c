package kv_test

import (
	"github.com/netordered/nopaxos/kv"
	"github.com/netordered/nopaxos/replica"
)

var (
	_ replica.StateMachine = (*kv.Store)(nil)
	_ replica.Undoer       = (*kv.Store)(nil)
	_ replica.Loader       = (*kv.Store)(nil)
)
