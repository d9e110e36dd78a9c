// Package clients is the client table (Liskov & Cowling, "Viewstamped Replication Revisited", §4):
// what makes a replica execute each request at most once, however often it is sent, and answer it
// again. Like the state machine beside it, a [Table] is a function of the executed prefix of the log.
// What was executed can be taken back as long as it is not stable.
package clients
