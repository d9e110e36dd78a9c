// Package p4runtime programs a target over P4Runtime 1.3: [Conn] is one connection to it, with this controller as its
// primary, over which the pipeline, the sequence entries and the other tables of package tables are read and written.
package p4runtime
