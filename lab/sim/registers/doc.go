// Package registers is the replicated service of the simulations: a few registers of 64 bits. Every operation carries
// a number that is unique in the run, so executing one twice shows, and has a result that tells what it found.
// [Machine] is the state machine, which checks the inputs that its replica gives it; [History] has the operations and
// outcomes of all clients, and checks that they are linearizable.
package registers
