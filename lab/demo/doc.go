// Package demo is the proof that comes with the product: it starts a development cluster, loads it
// through the client library and through a stock Redis client (package load), breaks it in the ways it
// promises to survive, and reports what the clients saw.
package demo
