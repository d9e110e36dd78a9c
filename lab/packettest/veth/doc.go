// Package veth is the bench of a data plane that runs on this machine and handles whole frames: a network
// namespace for the data plane, one virtual cable per port, and at the other end of each cable a packet
// socket (packet(7)). Like package lab/netlab, which makes the namespaces, it needs Linux and root.
package veth
