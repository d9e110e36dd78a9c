// Package status is what the roles of a cluster say about themselves: the JSON of their /status pages,
// the query that collects it from every role of a cluster file, and the table that a person reads.
package status
