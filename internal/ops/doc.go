// Package ops is the HTTP server of every role: /healthz, /metrics, /status and, if fault injection is enabled,
// /faults. The protocol does not depend on it.
package ops
