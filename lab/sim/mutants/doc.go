// Command mutants shows that the simulator's checkers find bugs. Each *.txt file beside it plants one protocol bug.
// The command builds the simulator with that bug (go build -overlay, so the product's source stays clean) and runs
// seeds until one breaks a promise. A bug that survives is a hole in the simulator or its checkers, and fails the
// command.
//
// The walk: mutant.go (a mutant and its file), build.go (a simulator with the bug), main.go (all mutants, several at
// a time), report.go (the table), worlds.go (the same with small worlds in place of seeds).
package main
