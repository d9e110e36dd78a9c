// Package client is what an application links to call a replicated service (OSDI 2016 §5.2).
//
// [Client] is the whole of it for most: New, Invoke, Close. A request goes to the group through
// OUM, in one datagram; it is complete when f+1 replicas have answered alike, the leader of their
// view with the result. A lost request or reply is made good by sending the request again under the
// same id, which the replicas execute at most once.
//
// [Core] is the same client without socket, clock, goroutine or randomness, which come in through
// its methods and its configuration. Client runs one on a socket's event loop; the simulator runs
// them in virtual time. One owns a Core like this: call Invoke, Cancel, Reply, Tick and Reroute
// from one goroutine; after each, carry out Effects in order and call ClearEffects; call Tick when
// Deadline has passed.
package client
