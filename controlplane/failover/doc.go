// Package failover assigns sequencers and session numbers to groups (OSDI 2016 §5.2.3): it notices when a sequencer
// fails, and moves its groups to the next one, with new numbers.
//
// [Core] is a deterministic state machine without sockets, clocks or goroutines: events go in as method calls, and
// [Effect] values come out. Package controlplane carries them out over P4Runtime and a store of session numbers; the
// simulator runs the same Core in virtual time. Where switches sequence, package fabric computes their forwarding.
//
// Three rules keep replicas from ever seeing two messages with one (session, number):
//
//   - A session number is durable before any target has it, and only grows.
//   - A number is sent at most once, to one target. If the outcome is unknown the target is read: the number is found
//     there and adopted, or abandoned for a new one.
//   - A target that restarted, lost its entry or had its pipeline pushed gets a new number: its counter may have
//     started again.
package failover
