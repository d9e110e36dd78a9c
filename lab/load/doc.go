// Package load puts a running cluster under load, through the client library and through the front-ends
// with a stock Redis client, and checks what it saw: that the history is linearizable and that no
// acknowledged write is lost. The demo, the testbed and the chaos test differ in what they break
// meanwhile; what they find is this package's Report.
//
// # How a history of any length is checked in bounded memory
//
// Linearizability is local: a history is linearizable if that of every key is. Checking one key's
// history costs time and memory that grow with its length, so histories are cut. The keys come in two
// banks. The load works on one bank until so many operations were recorded, then on the other; when
// the last operation on the retired bank has returned, every one of its keys is read once more, alone.
// Such a read has no other operation beside it, so every linearization of the whole history has the
// value read at that point, and the history falls into two parts that can be checked one by one: the
// first with the read at its end, the second with the value as its initial state. The load never
// pauses for it.
//
// A write whose outcome is unknown may take effect at any time after its call. It stays in its key's
// history, without an end, window after window, until its value has been read.
package load
