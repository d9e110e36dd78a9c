// Package store makes durable the values that controllers must never hand out twice: session numbers, register cells
// and election ids.
package store

import "errors"

// Store hands out values, each at most once. Every value is durable before a method returns it. The methods may be
// called from several goroutines.
type Store interface {
	// Last returns the newest session number that was handed out for group; 0: none.
	Last(group uint32) (uint32, error)
	// Next hands out a session number for group: above every earlier one and above floor.
	Next(group, floor uint32) (uint32, error)
	// Cell returns the register cell of group, which it keeps forever: the cell remembers the highest session that it
	// was used in, so no other group may use it.
	Cell(group uint32) (uint16, error)
	// Election returns a P4Runtime election id above every earlier one and not below floor.
	Election(floor uint64) (uint64, error)
	// Close releases the store.
	Close() error
}

// ErrLocked says that another controller uses the store.
var ErrLocked = errors.New("another controller has it open")

// errExhausted says that a group has used every session number.
var errExhausted = errors.New("store: session numbers are exhausted")
