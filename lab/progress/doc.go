// Package progress shows people how far long work has come: on a terminal by one line at the bottom that is
// written over, elsewhere by a line now and then. What should stay, a finding or an event, is printed above it.
// It stands beside the protocol: the commands that run for more than a second or two use it (sim, demo, bench,
// the explorer of small worlds).
package progress
