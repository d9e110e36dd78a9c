// Package replicaloop runs a replica's protocol core on an event loop: a [Loop] is the [transport.Handler]
// that passes incoming messages to the core of package replica and carries out the core's effects. Its [Host]
// has the disk, the goroutines and the connection to the controller. Package replica/server runs it over UDP; the
// laboratory runs it in virtual time.
//
// [Process] and [Mesh] do not know the protocol; the loops of the comparison systems share them.
package replicaloop
