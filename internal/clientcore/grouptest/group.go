// Package grouptest models the replicas of a group for the tests of clients.
package grouptest

import (
	"fmt"
	"net/netip"
	"sync"

	"github.com/netordered/nopaxos/replica/wire"
)

var (
	// Keys are the group's keys.
	Keys = func() wire.Keys {
		keys, err := wire.DeriveKeys([]byte("a cluster key for tests"))
		if err != nil {
			panic(err)
		}
		return keys
	}()
	// ReplyTo is the address of a client without a socket.
	ReplyTo = netip.MustParseAddrPort("127.0.0.9:4000")
	// View is the first view, which replica 0 leads.
	View = wire.View{Session: 1}
)

// Answer is the REPLY of a replica to m at a slot; the leader of the view adds status and result.
func Answer(n int, view wire.View, slot uint64, m wire.Request, from int, status wire.Status, result string) wire.Reply {
	r := wire.Reply{View: view, Slot: slot, Client: m.Client, ID: m.ID, Replica: uint16(from), Incarnation: 1}
	if view.LeaderOf(n) == from {
		r.Status, r.Total, r.Part = status, uint32(len(result)), []byte(result)
	}
	return r
}

// Log is a model of a group of n replicas: one log per view, at-most-once execution, and results that name the
// operation and count its executions.
type Log struct {
	View     wire.View
	n        int
	slot     uint64
	clients  map[uint64]map[uint64]string
	executed map[string]int
}

// NewLog returns the log of a new group.
func NewLog(n int) *Log {
	return &Log{View: View, n: n, clients: map[uint64]map[uint64]string{}, executed: map[string]int{}}
}

// Take logs and executes a request, and returns the n replies to it.
func (l *Log) Take(m wire.Request) []wire.Reply {
	l.slot++
	status, result := l.execute(m)
	if status == wire.StatusLogged {
		return nil
	}
	replies := make([]wire.Reply, l.n)
	for i := range replies {
		replies[i] = Answer(l.n, l.View, l.slot, m, i, status, result)
	}
	return replies
}

// Locked is Take for two goroutines that share the log.
func (l *Log) Locked(mu *sync.Mutex) func(wire.Request) []wire.Reply {
	return func(m wire.Request) []wire.Reply {
		mu.Lock()
		defer mu.Unlock()
		return l.Take(m)
	}
}

// Evict makes the group forget all clients.
func (l *Log) Evict() { clear(l.clients) }

// Executions returns how often an operation was executed.
func (l *Log) Executions(op string) int { return l.executed[op] }

func (l *Log) execute(m wire.Request) (wire.Status, string) {
	if m.Register {
		l.clients[l.slot] = map[uint64]string{}
		return wire.StatusRegistered, ""
	}
	results, known := l.clients[m.Client.Lo]
	if !known {
		return wire.StatusEvicted, ""
	}
	for id := range results {
		if id < m.Low {
			delete(results, id)
		}
	}
	if result, done := results[m.ID]; done {
		return wire.StatusOK, result
	}
	l.executed[string(m.Op)]++
	results[m.ID] = fmt.Sprintf("%s done %d times", m.Op, l.executed[string(m.Op)])
	return wire.StatusOK, results[m.ID]
}
