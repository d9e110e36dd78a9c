// Package client calls a replicated service (OSDI 2016 §5.2).
//
// [New] starts a [Client], [Client.Invoke] has an operation executed, [Client.Close] stops it. A request goes to the
// group through OUM, in one datagram; it is complete when f+1 replicas have answered alike, the leader of their view with
// the result. The client makes good a lost request or reply by sending the request again under the same id, which the
// replicas execute at most once.
package client
