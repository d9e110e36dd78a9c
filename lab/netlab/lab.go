//go:build linux

package netlab

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
)

// Lab is a set of nodes. Its methods may be called from many goroutines.
type Lab struct {
	owner  owner
	number int64

	mu     sync.Mutex
	nodes  []*Node
	closed bool
}

// labs counts the labs of this process.
var labs atomic.Int64

// New makes a lab without nodes, and removes the leftovers of killed processes' labs. The error wraps
// ErrNotSupported if this machine or user cannot have labs.
func New() (*Lab, error) {
	if err := Supported(); err != nil {
		return nil, err
	}
	o, err := self()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := removeLeftovers(namespaceDir); err != nil {
		return nil, err
	}
	return &Lab{owner: o, number: labs.Add(1)}, nil
}

// AddNode makes a node. Its name appears in errors and in the name of its namespace. The node has a loopback
// interface and no IPv6.
func (l *Lab) AddNode(name string) (*Node, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("node %s: the lab is closed, expected an open one", name)
	}
	n, err := newNode(name, l.owner.namespace(l.number, name))
	if err != nil {
		return nil, err
	}
	l.nodes = append(l.nodes, n)
	return n, nil
}

// Close kills the processes of all nodes and removes the nodes. Callers that started a process still have to
// Wait for it. Closing again does nothing.
func (l *Lab) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	var failed []error
	for _, n := range l.nodes {
		failed = append(failed, n.close())
	}
	l.nodes = nil
	return errors.Join(failed...)
}
