// Package probe makes the packets with which a controller probes the links between switches, and admits those that
// return. Package fabric decides when to probe, and interprets lost probes.
package probe
