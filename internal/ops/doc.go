// Package ops is the HTTP side of every role: /healthz, /metrics, /status and, where fault injection
// was asked for, /faults. Nothing on it is needed for the protocol to work.
package ops
