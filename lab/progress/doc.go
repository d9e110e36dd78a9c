// Package progress shows the progress of long work: on a terminal by one status line at the bottom that it
// overwrites, elsewhere by a line now and then. Lasting output, such as a finding or an event, is printed above
// the status line.
package progress
