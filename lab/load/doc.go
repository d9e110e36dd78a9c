// Package load loads a running cluster, through the client library and through the front-ends with a stock
// Redis client, and checks that the resulting history is linearizable and that no acknowledged write is
// lost. The demo, the testbed and the chaos test break the cluster meanwhile, each in its own way; this
// package's Report has the outcome.
//
// # How a history of any length is checked in bounded memory
//
// Linearizability is local: a history is linearizable if that of every key is. Time and memory for checking
// one key grow with the length of its history, so histories are cut into windows. The keys form two banks.
// The load works on one bank for a window's operations, then on the other; when the last operation on the
// retired bank has returned, every key of that bank is read once more. No other operation is concurrent with
// such a read, so every linearization of the whole history has the value read at that point, and the history
// falls into two parts that can be checked separately: the first with the read at its end, the second with
// the value as its initial state. The load never pauses for a check.
//
// A write with an unknown outcome may take effect at any time after its call. It stays in its key's history,
// without an end, window after window, until its value has been read.
package load
