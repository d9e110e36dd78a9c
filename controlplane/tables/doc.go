// Package tables models the tables of a P4Runtime target. A [Plan] compiles the decisions of packages failover and
// fabric into a [State], and [Difference] into the changes that lead there (P4Runtime 1.3 §9).
package tables
