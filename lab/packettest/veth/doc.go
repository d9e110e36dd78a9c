// Package veth is the bench of a data plane that runs on this machine and sees whole frames: a network
// namespace for it, one virtual cable per port, and at the other end of each a packet socket (packet(7))
// that sends and receives frames as they are. It needs Linux and root, like package internal/netlab, which
// makes the namespaces.
package veth
