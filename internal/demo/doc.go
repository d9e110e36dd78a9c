// Package demo is the proof that comes with the product: it starts a development cluster, loads it
// through the client library and through a stock Redis client, breaks it in the ways it promises to
// survive, and checks what the clients saw.
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
package demo
