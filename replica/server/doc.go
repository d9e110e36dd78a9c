// Package server runs a replica: it feeds the protocol core of package replica with what arrives
// over UDP and the bulk channel and carries out what the core wants. One event loop, on one
// goroutine, does all that is on a request's way, and nothing there allocates, locks or logs. Beside
// it, other goroutines write snapshots, follow the controller's routes, send it reports, and log
// changes of view and status; they hand what they learn to the loop and never touch the core.
//
//	s, err := server.New(server.Config{…, StateMachine: &counter{}})
//	err = s.Run(ctx)
//
// or, with everything from the cluster file, [ListenAndServe].
package server
