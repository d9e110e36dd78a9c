// Package api is the controller's gRPC interface: [Watch] for senders and replicas, which follow their group's
// sequencer from session to session, [Reporter] for replicas that receive nothing from it, and Status for operators.
//
// controller.proto is compiled with protoc 3.21.12, protoc-gen-go v1.36.12 and protoc-gen-go-grpc v1.6.1.
package api

//go:generate protoc --go_out=. --go_opt=paths=source_relative --go-grpc_out=. --go-grpc_opt=paths=source_relative controller.proto
