// Command mutants shows that the simulator's checkers bite. Each *.txt file beside it plants one
// protocol bug; for each, the simulator is built with that bug in it (go build -overlay, so that
// nothing of this is in the product's source) and runs seeds until one breaks a promise. A bug that
// survives is a hole in the simulator or in its checkers, and fails the command.
//
// The walk: mutant.go (what a mutant is, and its file), build.go (a simulator with the bug in it),
// main.go (all of them, some at a time), report.go (the table).
package main
