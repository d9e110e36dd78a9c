// Package demo starts a development cluster, loads it through the client library and through a stock Redis
// client (package load), breaks it in the ways that NOPaxos survives, and checks the clients' history.
package demo
