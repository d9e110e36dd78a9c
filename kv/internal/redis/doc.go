// Package redis is the part of Redis that the state machine (package kv) and its front-end (package
// kv/resp) share: how commands are looked up, how keys match patterns, the words of errors, and the
// encoding of replies in RESP version 2, the Redis serialization protocol.
package redis
