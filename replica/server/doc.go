// Package server runs a replica: it feeds the protocol core of package replica with what arrives
// over UDP and the bulk channel and carries out what the core wants. One event loop, on one
// goroutine, does all of it except for writing snapshots; nothing on a request's way allocates,
// locks or logs.
//
//	s, err := server.New(server.Config{…, StateMachine: &counter{}})
//	err = s.Run(ctx)
//
// or, with everything from the cluster file, [ListenAndServe].
package server
