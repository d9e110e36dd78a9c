// Package status defines the status of a cluster's roles: the JSON of their /status pages, the query that
// collects it from every role of a cluster file, the verdict on each group, and the table for operators.
package status
