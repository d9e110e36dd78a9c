// Package replicaloop runs a replica's protocol core on an event loop: a [Loop] is the [transport.Handler]
// that feeds the core of package replica with what arrives and carries out its effects. It does not open
// sockets, start goroutines or touch the disk: its [Host] does. Package replica/server runs it over UDP; the
// laboratory runs it in virtual time.
//
// [Process] and [Mesh] do not know the protocol; the loops of the comparison systems share them.
package replicaloop
