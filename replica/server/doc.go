// Package server runs a replica of a group: the protocol core of package replica on UDP and the bulk channel, with its durable
// record on disk. One event loop, on one goroutine, handles requests, and does not allocate, lock or log on their path. Other
// goroutines write snapshots, follow the controller's routes, send it reports, and log changes of view and status. They post
// results to the loop and never touch the core.
//
//	s, err := server.New(server.Config{…, StateMachine: &counter{}})
//	err = s.Run(ctx)
//
// or, with everything from the cluster file, [ListenAndServe].
package server
