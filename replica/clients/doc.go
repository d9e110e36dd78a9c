// Package clients is the client table (Liskov & Cowling, "Viewstamped Replication Revisited", §4). With it a
// replica executes each request at most once, however often it is sent, and can answer it again. Like the state
// machine, a [Table] depends on the executed prefix of the log only. Executions can be undone until they are
// stable.
package clients
